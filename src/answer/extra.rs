//! Values in what the archive has no place for: a JSON object, as text.

use serde_json::Value;

/// The values at a path of names with dots between them, as text; every one of a list. What is an object has none.
pub fn values(extra: &str, path: &str) -> Vec<String> {
    let mut found = Vec::new();
    if let Ok(object) = serde_json::from_str(extra) {
        walk(&object, path, &mut found);
    }
    found
}

fn walk(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| walk(value, path, found)),
        Value::Object(object) => {
            // A name may have dots itself.
            let ends = path.match_indices('.').map(|(at, _)| at).chain([path.len()]);
            for end in ends {
                if let Some(inner) = object.get(&path[..end]) {
                    walk(inner, path.get(end + 1..).unwrap_or(""), found);
                }
            }
        }
        _ if !path.is_empty() => {}
        Value::String(text) => found.push(text.clone()),
        Value::Number(number) => found.push(number.to_string()),
        Value::Bool(is) => found.push(is.to_string()),
        Value::Null => {}
    }
}

#[cfg(test)]
mod tests {
    use super::values;

    #[test]
    fn paths() {
        let extra = r#"{"topics":["grain","ports"],"id":41,"place":{"name":"Izmail","at":[{"x":1},{"x":2}]},"a.b":"dots","none":null}"#;
        assert_eq!(values(extra, "topics"), ["grain", "ports"]);
        assert_eq!(values(extra, "id"), ["41"]);
        assert_eq!(values(extra, "place.name"), ["Izmail"]);
        assert_eq!(values(extra, "place.at.x"), ["1", "2"]);
        assert_eq!(values(extra, "a.b"), ["dots"]);
        for nothing in ["place", "none", "topics.x", "", "missing"] {
            assert!(values(extra, nothing).is_empty(), "{nothing}");
        }
        assert!(values("no JSON", "x").is_empty());
    }
}
