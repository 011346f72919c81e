//! Lists of words, kept beside the code that asks for them as arrays in a TOML file.

/// The list with this name in a file.
pub fn list(file: &str, name: &str) -> Vec<&'static str> {
    let table: toml::Table =
        file.parse().expect("the file is part of this program, and tests read every list of it");
    let words = table.get(name).and_then(toml::Value::as_array).expect("the list is in the file");
    // As long as the program runs.
    words.iter().filter_map(toml::Value::as_str).map(|word| &*word.to_owned().leak()).collect()
}

/// Names lists of a file, which are read when they are asked for first.
macro_rules! words {
    ($file:literal: $($(#[$doc:meta])* $vis:vis $name:ident;)*) => {
        $(
            $(#[$doc])*
            $vis static $name: std::sync::LazyLock<Vec<&'static str>> =
                std::sync::LazyLock::new(|| $crate::text::lists::list(include_str!($file), stringify!($name)));
        )*

        #[cfg(test)]
        #[test]
        fn every_list_is_in_its_file() {
            $(assert!(!$name.is_empty());)*
        }
    };
}
pub(crate) use words;
