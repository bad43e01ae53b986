//! What a changed resource changes in the canonical user.

use serde_json::Value;

use super::fields::{TEXT_FIELDS, WORD_FIELDS, WordField};
use super::kept::Kept;
use super::selected::{SELECTED_LISTS, SelectedList};
use super::shown::fallback_name;
use crate::core::id::UserId;
use crate::core::key::{LookupKey, MAX_KEY_BYTES};
use crate::core::user::{JsonObject, User};
use crate::wire::read::FieldError;
use crate::wire::scim::error::ScimError;
use crate::wire::scim::resource::{Resource, object_in};
use crate::wire::scim::schema::urn::OWN;
use crate::wire::scim::schema::{ResourceType, USERS};

/// Maximum size of what is kept of a user, in bytes of JSON.
const MAX_KEPT_BYTES: usize = 262_144;

/// Makes a lookup key of a text, if it can be one.
type MakeKey = fn(&str) -> Option<LookupKey>;

/// The difference that a client's resource makes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct UserChange {
    /// A merge patch (RFC 7396) over the canonical document, without what stays as it is.
    pub patch: JsonObject,
    /// What is kept from now on; `None` if that stays as it is.
    pub kept: Option<Kept>,
}

impl UserChange {
    /// The change that makes `wanted` of a user with nothing but an id.
    ///
    /// # Errors
    /// [`ScimError::InvalidValue`] if more is to be kept than there is room for, or the user could not be looked
    /// up by a name, an id or an e-mail address of it.
    pub fn create(wanted: &Resource, id: UserId) -> Result<Self, ScimError> {
        Self::between(&Resource::default(), wanted, &User::new(id), &Kept::default())
    }

    /// The change that turns `user`, with what was kept `before`, from `shown` into `wanted`. `shown` is the
    /// user's [resource](super::to_resource); `wanted` is [read](Resource::read) and
    /// [completed](Resource::completed_by), or what a [patch](crate::wire::scim::patch::Patch::apply) makes of it.
    ///
    /// # Errors
    /// [`ScimError::InvalidValue`] if more is to be kept than there is room for, or the user could not be looked
    /// up by a name, an id or an e-mail address of it.
    pub fn between(
        shown: &Resource,
        wanted: &Resource,
        user: &User,
        before: &Kept,
    ) -> Result<Self, ScimError> {
        let mut difference =
            Difference { shown, wanted, user, before, patch: JsonObject::new(), kept: rest(wanted) };
        for field in TEXT_FIELDS {
            let (before, wanted) = (shown.text(field.path), wanted.text(field.path));
            difference.text(field.group, field.field, before, wanted);
        }
        for field in WORD_FIELDS {
            difference.word(field);
        }
        for list in SELECTED_LISTS {
            difference.list(list);
        }
        difference.forget_verification();
        difference.user_name();
        difference.active();
        difference.expect_usable_keys()?;
        let Difference { patch, mut kept, .. } = difference;
        kept.attributes.retain(|_, value| value.as_object().is_none_or(|members| !members.is_empty()));
        let size = serde_json::to_string(&kept).map_or(usize::MAX, |json| json.len());
        if size > MAX_KEPT_BYTES {
            return Err(ScimError::InvalidValue(FieldError::new("The resource", "is too large to be kept")));
        }
        Ok(Self { patch, kept: (kept != *before).then_some(kept) })
    }

    /// Whether nothing changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.patch.is_empty() && self.kept.is_none()
    }
}

impl Resource {
    /// A whole resource of this type that is to replace `shown`: what only the service may set is that of `shown`,
    /// and so is `active` without a value, and our own extension unless it was sent, since few clients know it.
    #[must_use]
    pub fn completed_by(mut self, shown: &Self, of: &ResourceType) -> Self {
        let members = self.members_mut();
        for attribute in of.top_attributes() {
            if attribute.is_read_only() || attribute.name == "active" && !members.contains_key("active") {
                copy(attribute.name, shown.members(), members);
            }
        }
        if !members.contains_key(OWN) {
            copy(OWN, shown.members(), members);
        }
        for extension in of.extensions {
            let Some(Value::Object(shown)) = shown.get(&[extension.id]) else { continue };
            let Some(members) = object_in(members, extension.id) else { continue };
            for attribute in extension.attributes.iter().filter(|attribute| attribute.is_read_only()) {
                copy(attribute.name, shown, members);
            }
        }
        self.arrange(of);
        self
    }
}

fn copy(name: &str, from: &JsonObject, to: &mut JsonObject) {
    if let Some(value) = from.get(name) {
        to.insert(name.to_owned(), value.clone());
    }
}

/// What of a resource has no canonical field. The lists of which one element has are left out, too.
fn rest(resource: &Resource) -> Kept {
    let mut attributes = resource.members().clone();
    for attribute in USERS.top_attributes().filter(|attribute| attribute.is_read_only()) {
        attributes.shift_remove(attribute.name);
    }
    for name in ["userName", "active", OWN].into_iter().chain(SELECTED_LISTS.iter().map(|list| list.name)) {
        attributes.shift_remove(name);
    }
    for field in TEXT_FIELDS {
        if let Some((last, parents)) = field.path.split_last() {
            let members = parents.iter().try_fold(&mut attributes, |members, name| {
                members.get_mut(*name).and_then(Value::as_object_mut)
            });
            members.map(|members| members.shift_remove(*last));
        }
    }
    Kept { attributes, ..Kept::default() }
}

/// A change that is being found.
struct Difference<'a> {
    shown: &'a Resource,
    wanted: &'a Resource,
    user: &'a User,
    before: &'a Kept,
    patch: JsonObject,
    kept: Kept,
}

impl Difference<'_> {
    fn set(&mut self, group: &str, field: &str, value: Value) {
        if let Some(members) = object_in(&mut self.patch, group) {
            members.insert(field.to_owned(), value);
        }
    }

    fn text(&mut self, group: &str, field: &str, before: Option<&str>, wanted: Option<&str>) {
        if before != wanted {
            self.set(group, field, wanted.map_or(Value::Null, Value::from));
        }
    }

    fn word(&mut self, field: &WordField) {
        let path = [OWN, field.name];
        let wanted = self.wanted.text(&path);
        let kept = if self.shown.text(&path) == wanted {
            self.before.attributes.get(OWN).and_then(|own| own.get(field.name)).cloned()
        } else {
            let word = wanted.and_then(|text| field.parse(text));
            self.text(field.group, field.name, (field.get)(self.user).as_deref(), word);
            wanted.filter(|text| Some(*text) != word).map(Value::from)
        };
        if let (Some(kept), Some(own)) = (kept, object_in(&mut self.kept.attributes, OWN)) {
            own.insert(field.name.to_owned(), kept);
        }
    }

    fn list(&mut self, list: &SelectedList) {
        let name = list.name;
        if self.shown.list(name) == self.wanted.list(name) {
            copy(name, &self.before.attributes, &mut self.kept.attributes);
            let selected = self.before.selected.get(name).map(|index| (name.to_owned(), *index));
            self.kept.selected.extend(selected);
            return;
        }
        let mut elements = self.wanted.list(name).to_vec();
        let selected = list.select(&elements);
        for (field, value) in list.take(&mut elements, selected) {
            let wanted = value.as_ref().and_then(Value::as_str);
            self.text(list.group, field, list.field(self.user, field), wanted);
        }
        self.kept.selected.extend(selected.map(|index| (name.to_owned(), index)));
        if !elements.is_empty() {
            self.kept.attributes.insert(name.to_owned(), elements.into());
        }
    }

    /// The new value of a field of the canonical contact, if it changes; null if it is cleared.
    fn new_contact(&self, field: &str) -> Option<&Value> {
        self.patch.get("contact")?.get(field)
    }

    /// A new e-mail address or phone number is not verified because the old one was, unless it is the same in
    /// another spelling; and an address from a client is an administrator's.
    fn forget_verification(&mut self) {
        let contact = &self.user.contact;
        let is_other = |before: &Option<String>, new: &Value, key: MakeKey| {
            new.as_str().and_then(key).is_none_or(|new| before.as_deref().and_then(key) != Some(new))
        };
        let (email, phone) = (self.new_contact("email"), self.new_contact("phone"));
        let is_claimed = contact.email_self_registered && email.is_some();
        let is_email_other = email.is_some_and(|new| is_other(&contact.email, new, LookupKey::email));
        let is_phone_other = phone.is_some_and(|new| is_other(&contact.phone, new, LookupKey::phone));
        for (field, forget) in [
            ("emailSelfRegistered", is_claimed),
            ("emailVerified", contact.email_verified && is_email_other),
            ("phoneVerified", contact.phone_verified && is_phone_other),
        ] {
            if forget {
                self.set("contact", field, Value::Null);
            }
        }
    }

    /// A name that only stands for a missing one becomes the user's own as soon as it would change by itself.
    fn user_name(&mut self) {
        let (shown, wanted) = (self.shown.text(&["userName"]), self.wanted.text(&["userName"]));
        let own = self.user.profile.username.as_deref().filter(|name| !name.is_empty());
        let email = match self.new_contact("email") {
            Some(email) => email.as_str(),
            None => self.user.contact.email.as_deref(),
        };
        let principal_name = self.wanted.text(&[OWN, "userPrincipalName"]);
        let stays = Some(fallback_name(principal_name, email, self.user.id.as_str())) == wanted;
        if own.is_none() && shown == wanted && stays {
            return;
        }
        if let Some(wanted) = wanted.filter(|_| own != wanted) {
            self.set("profile", "username", wanted.into());
        }
    }

    /// Without a value the status stays. `false` is a change only if the account is in use: a suspended one stays
    /// so.
    fn active(&mut self) {
        let (shown, wanted) = (self.shown.get(&["active"]), self.wanted.get(&["active"]));
        let status = match wanted.and_then(Value::as_bool) {
            _ if shown == wanted => return,
            None => return,
            Some(true) => "activated",
            Some(false) => "deactivated",
        };
        self.set("account", "status", status.into());
    }

    /// # Errors
    /// The first new value that no user could be looked up by.
    fn expect_usable_keys(&self) -> Result<(), ScimError> {
        let keys: [(_, _, _, MakeKey); 3] = [
            ("userName", "profile", "username", LookupKey::username),
            ("externalId", "employment", "externalId", LookupKey::external_id),
            ("emails", "contact", "email", LookupKey::email),
        ];
        for (name, group, field, key) in keys {
            let new = self.patch.get(group).and_then(|members| members.get(field)).and_then(Value::as_str);
            if new.is_some_and(|new| key(new).is_none()) {
                let reason = format!("must not be blank or longer than {MAX_KEY_BYTES} bytes");
                return Err(ScimError::InvalidValue(FieldError::new(name, reason)));
            }
        }
        Ok(())
    }
}
