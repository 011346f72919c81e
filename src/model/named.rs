//! Enumerations whose values have names, by which command lines and requests call them.

use std::fmt;

/// A value that is called by a name.
pub trait Named: Copy + PartialEq + Sized + 'static {
    /// What it is: `an order`.
    const WHAT: &'static str;
    /// Every name; the first of several for one value is the one that is printed.
    const NAMES: &'static [(&'static str, Self)];

    /// What it is called.
    fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, value)| *value == self).map_or("", |(name, _)| name)
    }

    /// The value with this name.
    fn named(name: &str) -> Result<Self, Unnamed> {
        let found = Self::NAMES.iter().find(|(known, _)| *known == name);
        let unnamed = || Unnamed { name: name.to_owned(), what: Self::WHAT };
        found.map(|(_, value)| *value).ok_or_else(unnamed)
    }
}

/// A name that no value has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unnamed {
    /// The name.
    pub name: String,
    /// What it would have to be: `an order`.
    pub what: &'static str,
}

impl fmt::Display for Unnamed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}' is not {}", self.name, self.what)
    }
}

impl std::error::Error for Unnamed {}

/// Gives the values of an enumeration their names.
macro_rules! named {
    ($type:ty, $what:literal, $($name:literal => $value:ident),+ $(,)?) => {
        impl $crate::model::Named for $type {
            const WHAT: &'static str = $what;
            const NAMES: &'static [(&'static str, Self)] = &[$(($name, <$type>::$value)),+];
        }

        impl std::str::FromStr for $type {
            type Err = $crate::model::Unnamed;

            fn from_str(name: &str) -> Result<$type, $crate::model::Unnamed> {
                $crate::model::Named::named(name)
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str($crate::model::Named::name(*self))
            }
        }
    };
}
pub(crate) use named;
