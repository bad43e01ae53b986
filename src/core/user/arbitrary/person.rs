//! Personal data.

use proptest::array::{uniform7, uniform8, uniform14};
use proptest::option;
use proptest::prelude::*;

use super::value::{maybe_text, text, texts};
use crate::core::user::{Contact, Employment, Gender, Postal, Profile, WorkStatus};

pub(super) fn profile() -> impl Strategy<Value = Profile> {
    let gender = prop_oneof![Just(Gender::Male), Just(Gender::Female), Just(Gender::Unknown)];
    (uniform14(maybe_text()), option::of(gender)).prop_map(|(texts, gender)| {
        let [
            username,
            display_name,
            given_name,
            family_name,
            middle_name,
            nickname,
            preferred_username,
            profile,
            photo,
            website,
            birthdate,
            zoneinfo,
            locale,
            identity_number,
        ] = texts;
        Profile {
            username,
            display_name,
            given_name,
            family_name,
            middle_name,
            nickname,
            preferred_username,
            profile,
            photo,
            website,
            gender,
            birthdate,
            zoneinfo,
            locale,
            identity_number,
        }
    })
}

pub(super) fn contact() -> impl Strategy<Value = Contact> {
    let phone = prop_oneof![text(), "[0-9 -]{4,12}[0-9]"];
    let code = prop_oneof![text(), "\\+?[0-9]{1,3}"];
    let email = (maybe_text(), any::<bool>(), any::<bool>());
    (email, option::of(phone), option::of(code), any::<bool>()).prop_map(
        |((email, email_verified, self_registered), phone, phone_country_code, phone_verified)| Contact {
            email_self_registered: self_registered,
            email,
            email_verified,
            phone,
            phone_country_code,
            phone_verified,
        },
    )
}

pub(super) fn postal() -> impl Strategy<Value = Postal> {
    uniform8(maybe_text()).prop_map(
        |[country, province, region, city, address, street_address, postal_code, formatted]| Postal {
            country,
            province,
            region,
            city,
            address,
            street_address,
            postal_code,
            formatted,
        },
    )
}

pub(super) fn employment() -> impl Strategy<Value = Employment> {
    let work_status = prop_oneof![Just(WorkStatus::Active), Just(WorkStatus::Closed)];
    (uniform7(maybe_text()), option::of(work_status), [texts(), texts(), texts()]).prop_map(
        |(texts, work_status, lists)| {
            let [company, department, job_title, employee_id, office, external_id, main_department_id] =
                texts;
            let [department_ids, post_ids, organisation_ids] = lists;
            Employment {
                company,
                department,
                job_title,
                employee_id,
                office,
                external_id,
                work_status,
                department_ids,
                main_department_id,
                post_ids,
                organisation_ids,
            }
        },
    )
}
