//! AvePoint Elements' JSON: users, customers, the pages they come in, requests and errors.

mod age;
mod canonical;
mod customer;
mod date;
mod error;
mod flags;
mod page;
mod request;
mod user;

pub use age::PasswordAge;
pub use customer::{ElementsCustomer, ElementsTenant};
pub use date::ElementsDate;
pub use error::ErrorBody;
pub use flags::Flags;
pub use page::{Metadata, Page};
pub use request::{CustomersRequest, UsersRequest};
pub use user::ElementsUser;
