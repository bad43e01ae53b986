//! Responses in JSON: a page, an array of pages, or a sequence of pages, in any layout. They are streamed: each user
//! is imported as it is parsed.

use std::cell::RefCell;
use std::fmt;
use std::io::BufRead;
use std::marker::PhantomData;
use std::rc::Rc;

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::collect::Collector;
use super::format::SourceFormat;
use super::reader::{Counted, Position, SourceFault};
use super::vendor::{ItemShape, NESTED, PageShape, Vendor, owns, users_member};
use crate::core::user::JsonObject;

/// Maximum size of a user with its documents, in bytes.
const MAX_ITEM_BYTES: usize = 8 << 20;

/// State shared by the visitors.
struct Context<'a, V> {
    vendor: &'a V,
    collector: RefCell<&'a mut Collector>,
    position: Rc<Position>,
    /// Why parsing was aborted; kept here since a parser's error can only carry text.
    fault: RefCell<Option<SourceFault>>,
    marker: PhantomData<V>,
}

pub(super) fn read<V: Vendor>(
    source: impl BufRead,
    vendor: &V,
    collector: &mut Collector,
) -> Result<(), SourceFault> {
    let position = Rc::new(Position::default());
    let context = Context {
        vendor,
        collector: RefCell::new(collector),
        position: Rc::clone(&position),
        fault: RefCell::new(None),
        marker: PhantomData,
    };
    context.start_item();
    let mut values = serde_json::Deserializer::from_reader(Counted::new(source, position));
    let mut is_empty = true;
    while values.end().is_err() {
        is_empty = false;
        let read = Value { context: &context, is_alone: true }.deserialize(&mut values);
        read.map_err(|error| context.explain(&error))?;
    }
    if is_empty {
        return Err(SourceFault::Empty);
    }
    Ok(())
}

impl<V: Vendor> Context<'_, V> {
    fn start_item(&self) {
        self.position.budget.set(MAX_ITEM_BYTES);
    }

    fn line(&self) -> usize {
        self.position.newlines.get() + 1
    }

    fn explain(&self, error: &serde_json::Error) -> SourceFault {
        if let Some(fault) = self.fault.take() {
            return fault;
        }
        let line = error.line().max(1);
        if self.position.exhausted.get() {
            return SourceFault::TooLarge { line, max_bytes: MAX_ITEM_BYTES };
        }
        if error.is_eof() {
            return SourceFault::Truncated { line };
        }
        if let Some(kind) = error.io_error_kind() {
            return SourceFault::Io(kind.into());
        }
        if error.is_data() {
            // The parser's message may quote the value.
            return SourceFault::Unrecognised { wanted: V::FORMAT };
        }
        let text = error.to_string();
        let what = match text.split(" at line ").next().unwrap_or_default() {
            // The parser's message for invalid UTF-8; ours is clearer.
            "invalid unicode code point" => "invalid UTF-8",
            what => what,
        };
        SourceFault::NotJson { line, column: error.column(), what: what.to_owned() }
    }

    fn fail<E: serde::de::Error>(&self, fault: SourceFault) -> E {
        self.fault.replace(Some(fault));
        E::custom("aborted")
    }

    fn wrong<E: serde::de::Error>(&self, found: Option<SourceFormat>) -> E {
        let wanted = V::FORMAT;
        let found = found.filter(|&found| found != wanted);
        self.fail(
            found.map_or(SourceFault::Unrecognised { wanted }, |found| SourceFault::Wrong { found, wanted }),
        )
    }

    /// Refuses a page whose first user is not this vendor's.
    fn wrong_user<E: serde::de::Error>(&self, member: &'static str, first: ItemShape) -> E {
        let page = PageShape { member: Some(member), first: Some(first), has_status: false };
        self.wrong(page.format())
    }

    /// Refuses an error response: one with a status other than 200.
    fn refuse_error<E: serde::de::Error>(&self, status: Option<i64>) -> Result<(), E> {
        match status {
            Some(status) if status != 200 => {
                let line = self.line();
                Err(self.fail(SourceFault::VendorError { line, status }))
            }
            _ => Ok(()),
        }
    }

    fn take<E: serde::de::Error>(&self, item: &RawValue) -> Result<(), E> {
        let mut collector = self.collector.borrow_mut();
        collector.bytes = self.position.bytes.get();
        if collector.is_fresh() {
            let shape: ItemShape = serde_json::from_str(item.get()).unwrap_or_default();
            if !owns(V::FORMAT, &shape) {
                return Err(self.wrong_user(users_member(V::FORMAT), shape));
            }
        }
        let inside = item.get().bytes().filter(|&byte| byte == b'\n').count();
        let line = i64::try_from(self.line().saturating_sub(inside)).unwrap_or(i64::MAX);
        let outcome = self.vendor.take(line, item, &mut collector);
        self.start_item();
        outcome.map_err(|fault| self.fail(fault))
    }
}

/// A page, or an array of pages.
struct Value<'c, 'a, V> {
    context: &'c Context<'a, V>,
    /// Whether it is not in an array.
    is_alone: bool,
}

impl<'de, V: Vendor> DeserializeSeed<'de> for Value<'_, '_, V> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de, V: Vendor> Visitor<'de> for Value<'_, '_, V> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a page of users")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut pages: A) -> Result<(), A::Error> {
        let context = self.context;
        while pages.next_element_seed(Value { context, is_alone: false })?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut page: A) -> Result<(), A::Error> {
        let context = self.context;
        let first_line = context.line();
        let (mut has_users, mut shape, mut item) = (false, PageShape::default(), ItemShape::default());
        while let Some(member) = page.next_key::<String>()? {
            let of_users = SourceFormat::PAGES.map(users_member).into_iter().find(|known| *known == member);
            if member == users_member(V::FORMAT) {
                has_users = true;
                page.next_value_seed(Users(context))?;
            } else if let Some(member) = of_users {
                shape.member = Some(member);
                page.next_value_seed(OthersUsers { context, member })?;
            } else if V::FORMAT == SourceFormat::Scim && member == "totalResults" {
                // A list without users need not have the other member.
                has_users = true;
                page.next_value::<IgnoredAny>()?;
            } else if member == "statusCode" {
                shape.has_status = true;
                context.refuse_error(page.next_value::<Option<i64>>()?)?;
            } else {
                item.note(&member);
                page.next_value::<IgnoredAny>()?;
            }
        }
        context.start_item();
        if has_users {
            return Ok(());
        }
        if item.is_canonical() {
            let is_line = self.is_alone && context.line() == first_line;
            return Err(if is_line {
                context.wrong(Some(SourceFormat::Canonical))
            } else {
                context.fail(SourceFault::NotOnePerLine)
            });
        }
        Err(context.wrong(shape.format()))
    }
}

/// The users of a page that has them in another vendor's member: the first tells the vendor.
struct OthersUsers<'c, 'a, V> {
    context: &'c Context<'a, V>,
    member: &'static str,
}

impl<'de, V: Vendor> DeserializeSeed<'de> for OthersUsers<'_, '_, V> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de, V: Vendor> Visitor<'de> for OthersUsers<'_, '_, V> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of users")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        match items.next_element::<ItemShape>()? {
            Some(first) => Err(self.context.wrong_user(self.member, first)),
            None => Ok(()),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut user: A) -> Result<(), A::Error> {
        let Self { context, member } = self;
        let (mut first, mut is_list) = (ItemShape::default(), false);
        while let Some(name) = user.next_key::<String>()? {
            if name == NESTED {
                is_list = true;
                user.next_value_seed(OthersUsers { context, member })?;
            } else {
                first.note(&name);
                user.next_value::<IgnoredAny>()?;
            }
        }
        if is_list { Ok(()) } else { Err(context.wrong_user(member, first)) }
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// The users of a page.
struct Users<'c, 'a, V>(&'c Context<'a, V>);

impl<'de, V: Vendor> DeserializeSeed<'de> for Users<'_, '_, V> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de, V: Vendor> Visitor<'de> for Users<'_, '_, V> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of users")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while let Some(item) = items.next_element::<Box<RawValue>>()? {
            self.0.take(&item)?;
        }
        Ok(())
    }

    /// GenAuth's `list-users` has an object around the array, and a sample in its documentation a single user instead.
    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let (mut user, mut is_list) = (JsonObject::new(), false);
        while let Some(name) = members.next_key::<String>()? {
            if name == NESTED {
                is_list = true;
                members.next_value_seed(Users(self.0))?;
            } else {
                user.insert(name, members.next_value()?);
            }
        }
        if is_list {
            return Ok(());
        }
        let item = serde_json::value::to_raw_value(&user).map_err(A::Error::custom)?;
        self.0.take(&item)
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}
