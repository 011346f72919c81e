//! A text cut into numbers, words and signs.

use unicode_normalization::UnicodeNormalization;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    /// Its value and how many digits it has.
    Number(i64, usize),
    /// Folded.
    Word(String),
    /// Anything else but blanks.
    Sign(char),
}

#[derive(Clone, Debug)]
pub(super) struct Token {
    pub kind: Kind,
    pub start: usize,
    pub end: usize,
    /// Whether blanks stand before it.
    pub spaced: bool,
}

/// Lower case, without accents; look-alike apostrophes alike.
pub(super) fn fold(text: &str) -> String {
    text.chars()
        .flat_map(char::to_lowercase)
        .nfd()
        .filter(|c| !unicode_normalization::char::is_combining_mark(*c) || matches!(c, '\u{900}'..='\u{e7f}'))
        .map(|c| match c {
            '’' | 'ʼ' | '`' => '\'',
            'ı' => 'i',
            'ł' => 'l',
            'ø' => 'o',
            'đ' => 'd',
            c => c,
        })
        .nfc()
        .collect()
}

fn is_unspaced(c: char) -> bool {
    matches!(
        c,
        '年' | '月'
            | '日'
            | '時'
            | '时'
            | '分'
            | '秒'
            | '前'
            | '년'
            | '월'
            | '일'
            | '시'
            | '분'
            | '초'
            | '전'
            | '号'
    )
}

pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut rest = text.char_indices().peekable();
    let mut spaced = true;
    while let Some((start, c)) = rest.next() {
        if c.is_whitespace() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{200b}' | '\u{202a}'..='\u{202e}') {
            spaced = true;
            continue;
        }
        let mut end = start + c.len_utf8();
        let kind = if let Some(digit) = digit(c) {
            let (mut value, mut digits) = (digit, 1);
            while let Some((at, next)) = rest.next_if(|(_, next)| self::digit(*next).is_some()) {
                value = value.saturating_mul(10).saturating_add(self::digit(next).unwrap_or(0)).min(1 << 50);
                digits += 1;
                end = at + next.len_utf8();
            }
            Kind::Number(value, digits)
        } else if is_unspaced(c) {
            Kind::Word(c.to_string())
        } else if c.is_alphabetic() || is_mark(c) {
            while let Some((at, next)) = rest.next_if(|(_, next)| {
                (next.is_alphabetic() || is_mark(*next) || matches!(next, '\'' | '’' | 'ʼ'))
                    && !is_unspaced(*next)
            }) {
                end = at + next.len_utf8();
            }
            Kind::Word(fold(&text[start..end]))
        } else {
            Kind::Sign(c)
        };
        tokens.push(Token { kind, start, end, spaced });
        spaced = false;
    }
    tokens
}

fn is_mark(c: char) -> bool {
    matches!(c, '\u{900}'..='\u{903}' | '\u{93a}'..='\u{94f}' | '\u{981}'..='\u{983}' | '\u{9bc}'..='\u{9cd}' | '\u{bbe}'..='\u{bcd}' | '\u{e31}' | '\u{e34}'..='\u{e3a}' | '\u{e47}'..='\u{e4e}')
}

/// Digits of the scripts in which dates are printed.
fn digit(c: char) -> Option<i64> {
    let zero = match c {
        '0'..='9' => '0',
        '٠'..='٩' => '٠',
        '۰'..='۹' => '۰',
        '०'..='९' => '०',
        '০'..='৯' => '০',
        '๐'..='๙' => '๐',
        '０'..='９' => '０',
        _ => return None,
    };
    Some(i64::from(u32::from(c) - u32::from(zero)))
}
