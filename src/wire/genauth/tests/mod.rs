//! Written users read back the same, and the vendor's variants are accepted.

mod reading;
mod rendering;
mod round_trip;

use super::UserOptions;

const EVERYTHING: UserOptions = UserOptions {
    with_custom_data: true,
    flat_custom_data: true,
    with_identities: true,
    with_department_ids: true,
    with_tenant_ids: true,
};
