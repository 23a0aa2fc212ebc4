//! Constants: what stands under `environment`, and over it what the command line gives.

use super::Compiler;
use crate::scenario::{Constant, Named};

/// A constant of a file is a key or a token.
const LARGEST: usize = 64 << 10;

impl Compiler<'_> {
    /// Reads the constants, and those of the command line over them.
    pub(super) fn read_environment(&mut self, written: Option<&Named<Constant>>) {
        for (name, value) in written.iter().flat_map(|named| &named.0) {
            let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
            if !name.value.chars().all(word) || name.value.starts_with(|c: char| c.is_ascii_digit())
            {
                let message = format!("`{}` can't be used in templates", name.value);
                self.problem(name.span, message, "use letters, digits and _ only");
            }
            if self.inputs.variables.contains_key(&name.value) {
                continue;
            }
            let text = value.as_ref().and_then(|value| self.constant_text(value));
            self.environment.extend(text.map(|text| (name.value.clone(), text)));
        }
        self.environment.extend(self.inputs.variables.clone());
    }

    fn constant_text(&mut self, written: &Constant) -> Option<String> {
        let file = match written {
            Constant::Text(text) => return Some(text.value.clone()),
            Constant::File(file) => file.file.as_ref()?,
        };
        // Of a stored run there is no secret.
        if self.inputs.stored {
            return Some(String::new());
        }
        let read = (self.inputs.read_file)(&file.value).map_err(|error| error.to_string());
        let text = read.and_then(|bytes| match bytes.len() {
            0..=LARGEST => String::from_utf8(bytes).map_err(|_| "it is no text".to_owned()),
            _ => Err("it is larger than 64 KiB".to_owned()),
        });
        match text {
            Ok(text) => {
                self.secret_constants.push(text.trim().to_owned());
                Some(text)
            }
            Err(error) => {
                let message = format!("`{}` can't be read: {error}", file.value);
                self.problem(
                    file.span,
                    message,
                    "write a text file's path, relative to the scenario",
                );
                None
            }
        }
    }
}
