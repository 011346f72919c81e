//! Words that furniture of pages is made of, in the languages that the archive's users read most. They only help: the
//! shape of a line decides where no word does.

/// Lines that are furniture whatever stands around them, if they are short: they begin with one of these.
#[rustfmt::skip]
const FURNITURE: &[&str] = &[
    "advert", "advertisement", "ad feedback", "story continues", "continue reading", "article continues",
    "read more", "read also", "read next", "read full", "see also", "more on this", "more from",
    "more stories", "related", "recommended", "most read", "most popular", "trending", "you may also",
    "you might also", "don't miss", "latest news", "share", "tweet", "follow us", "follow @", "sign up",
    "sign in", "log in", "login", "subscribe", "newsletter", "get our", "download our", "download the app",
    "join our", "skip to", "click here", "copyright", "©", "all rights reserved", "terms of",
    "privacy policy", "cookie", "we use cookies", "this site uses", "this website uses", "by continuing",
    "accept all", "your email", "enter your", "leave a reply", "leave a comment", "comments",
    "post a comment", "view comments", "filed under", "tags:", "tags", "topics", "posted in", "print",
    "email", "facebook", "whatsapp", "copy link", "back to top", "image source", "getty images", "loading",
    "please enable", "javascript", "watch:", "video:", "listen", "support us", "donate", "published",
    "updated", "last updated", "last modified", "min read", "by ", "written by", "реклама", "читайте також",
    "читайте теж", "читати також", "читати більше", "читати далі", "більше новин", "дивіться також",
    "підпис", "підпишіться", "підписуйтесь", "поділитися", "поширити", "коментар", "усі права", "всі права",
    "цей сайт", "свіжі дописи", "останні новини", "популярні", "популярне", "головні новини",
    "новини партнерів", "теги", "автор:", "джерело фото", "стежте за", "увійти", "читайте также",
    "читайте ещё", "читайте еще", "читать далее", "подробнее", "подпишитесь", "подписывайтесь",
    "поделиться", "комментар", "все права", "этот сайт", "последние новости", "популярное",
    "главные новости", "новости партнеров", "материалы по теме", "смотрите также", "войти", "по теме",
    "следите за", "мы используем", "ми використовуємо", "на сайті використ", "mehr zum thema", "mehr zu",
    "auch interessant", "auch spannend", "das könnte", "weiterlesen", "zum weiterlesen",
    "weitere informationen", "weitere beiträge", "weitere artikel", "weitere themen", "zum thema",
    "passend dazu", "empfohlener", "inhaltsverzeichnis", "quelle:", "quellen:", "bildquelle", "source:", "sources:", "fonte:", "fuente:",
    "джерело:", "источник:", "click to play",
    "table of contents", "what you need to know", "veja também", "veja mais", "mira también",
    "te puede interesar", "más información", "contenido relacionado", "sur le même sujet", "voir aussi",
    "ti potrebbe", "zobacz też", "zobacz także", "ilgili haber", "관련기사", "関連記事", "相关阅读", "lesen sie auch",
    "anzeige", "werbung", "teilen", "newsletter abonnieren", "alle rechte", "zur startseite", "kommentare",
    "lire aussi", "à lire", "partager", "publicité", "s'abonner", "abonnez-vous", "tous droits",
    "lea también", "lee también", "publicidad", "compartir", "suscríbete", "todos los derechos",
    "leggi anche", "pubblicità", "condividi", "czytaj także", "reklama", "udostępnij", "leia também",
    "leia mais", "publicidade", "compartilhe", "lees ook", "lees meer", "advertentie", "lue myös",
    "lue lisää", "jaa", "mainos", "läs också", "läs mer", "annons", "dela", "les også", "annonse",
    "læs også", "citește și", "přečtěte si", "olvasta már",
];

/// How a line ends that leads to another story.
#[rustfmt::skip]
const TEASERS: &[&str] = &[
    "read more", "continue reading", "full story", "читати більше", "читати далі", "детальніше",
    "докладніше", "читать далее", "подробнее", "читать полностью", "weiterlesen", "mehr lesen",
    "lire la suite", "leer más", "continua a leggere", "czytaj więcej", "lees meer",
];

/// What stands beside a picture.
#[rustfmt::skip]
const CREDITS: &[&str] = &[
    "photo:", "photo by", "photograph:", "photo credit", "(photo", "picture:", "image:", "image credit",
    "credit:", "getty images", "/afp", "/reuters", "/ap)", "ap photo", "file photo", "shutterstock",
    "фото:", "(фото", "фото —", "фото -", "ілюстрація:", "иллюстрация:", "foto:", "(foto", "bild:",
    "crédit photo", "photo :", "imago", "picture alliance", "© ", "photograph by", "photos by", "/ ap", "/ afp", "/ reuters",
    "photo courtesy", "file photograph", "via getty", "via reuters", "unsplash",
    "pixabay",
];

/// Whether a line is furniture.
pub fn is_furniture(text: &str) -> bool {
    let lower = text.to_lowercase();
    let begins = FURNITURE.iter().any(|start| lower.starts_with(start));
    begins && (lower.split_whitespace().count() <= 9 || is_notice(&lower))
}

/// A notice may be long: consent, rights, newsletters.
fn is_notice(lower: &str) -> bool {
    [
        "cookie",
        "all rights reserved",
        "privacy policy",
        "newsletter",
        "усі права",
        "все права",
        "subscribe",
        "terms of",
    ]
    .iter()
    .any(|word| lower.contains(word))
}

/// Whether a line asks the reader to follow, subscribe, download, pay or write: it names a channel and says what to do there.
pub fn is_appeal(text: &str) -> bool {
    let lower = text.to_lowercase();
    CHANNELS.iter().any(|channel| lower.contains(channel)) && ASKS.iter().any(|ask| lower.contains(ask))
        || words(text) < 40 && NOTICES.iter().any(|notice| lower.contains(notice))
        || is_paywall(text)
}

/// Whether a text says that one has to pay to read on.
pub fn is_paywall(text: &str) -> bool {
    let lower = text.to_lowercase();
    words(text) < 40 && PAYWALLS.iter().any(|notice| lower.contains(notice))
}

/// What notices say that are of the page: who earns by links, what embedded content sends to whom.
#[rustfmt::skip]
const NOTICES: &[&str] = &[
    "affiliate link", "affiliate-link", "affiliate commission", "affiliate-partner",
    "may earn a commission", "externen inhalt", "externer inhalt", "eingebettete inhalte", "contenido externo",
    "contenu externe", "contenuto esterno", "treści zewnętrzne",
];

/// What notices say behind the part of an article that everybody may read.
#[rustfmt::skip]
const PAYWALLS: &[&str] = &[
    "subscribers only", "only for subscribers", "exclusive to subscribers", "nur für abonnenten", "réservé aux abonnés",
    "réservée aux abonnés", "réservé à nos abonnés", "solo para suscriptores", "exclusivo para suscriptores",
    "riservato agli abbonati", "exclusivo para assinantes", "tylko dla prenumeratorów", "лише для передплатників",
    "только для подписчиков", "会員限定",
];

/// Where readers are asked to.
#[rustfmt::skip]
const CHANNELS: &[&str] = &[
    "newsletter", "telegram", "whatsapp", "facebook", "twitter", "instagram", "youtube", "google news",
    "app store", "google play", "messenger", "viber", "tiktok", "linkedin", "розсилк", "рассылк", "канал",
    "abonn", "mailing list", "discord", "podcast", "magazine", "our app", "apps", "boletín", "boletim",
    "bülten", "feedly",
];

/// What they are asked.
#[rustfmt::skip]
const ASKS: &[&str] = &[
    "subscribe", "sign up", "follow us", "follow the", "join us", "join our", "download", "click here",
    "like us", "send us", "get the latest", "stay up to date", "підпис", "подпис", "приєднуй", "присоединя",
    "стежте", "следите за", "читайте нас", "folgen sie uns", "folge uns", "abonnieren sie",
    "jetzt abonnieren", "melden sie sich", "anmelden", "síguenos", "suscríb", "únete", "sigue nuestr",
    "mira lo que", "abonnez-vous", "suivez", "inscrivez", "seguici", "iscriviti", "siga", "inscreva",
    "assine", "takip edin", "abone ol", "obserwuj", "subskry", "zapisz się", "volg ons", "meld je",
    "seuraa", "tilaa", "följ oss", "følg oss", "urmărește", "abonează", "sledujte", "iratkozz", "kövess",
];

/// Whether a line is the start of another story.
pub fn is_teaser(text: &str) -> bool {
    let lower = text.to_lowercase();
    let lower = lower.trim_end_matches([' ', '.', '»', '›', '>', '→', '…', ':']);
    TEASERS.iter().any(|end| lower.ends_with(end)) && text.split_whitespace().count() > 3
}

/// Whether a line is a caption.
pub fn is_caption(text: &str) -> bool {
    let lower = text.to_lowercase();
    let ends = || {
        let end = lower.trim_end_matches(['.', ')', ']', ' ', '/', '|']);
        AGENCIES.iter().any(|agency| end.ends_with(agency) && end.len() > agency.len() + 12)
    };
    text.split_whitespace().count() < 60 && (CREDITS.iter().any(|credit| lower.contains(credit)) || ends())
}

/// Whether a line ends in a name behind its last sentence, as captions do: `The road to the port. Anna Sailor`,
/// `The road to the port. (Anna Sailor/Evening Post)`.
pub fn is_credited(text: &str) -> bool {
    let (bare, closed) = match text.strip_suffix(')') {
        Some(inside) => match inside.rsplit_once('(') {
            Some((before, name)) => (format!("{} {name}", before.trim_end()), true),
            None => return false,
        },
        None => (text.to_owned(), false),
    };
    let ends = [". ", "! ", "? ", ".” ", ".\" "];
    let Some(at) = ends.iter().filter_map(|end| Some(bare.rfind(end)? + end.len())).max() else {
        return false;
    };
    let name: Vec<&str> = bare[at..].split_whitespace().collect();
    let capital = |word: &str| word.chars().find(|c| c.is_alphabetic()).is_some_and(char::is_uppercase);
    let particle = |word: &str| {
        matches!(word, "von" | "de" | "van" | "da" | "di" | "del" | "la" | "for" | "of" | "/" | "|")
    };
    let named = name.iter().all(|word| capital(word) || particle(word));
    let plain = !bare[at..].ends_with(['.', '!', '?', '…', ':', ';', '”', '"', '»', '“']);
    // An agency in brackets signs the last paragraph of a text.
    let enough = name.len() > 1 || closed && bare[at..].contains('/');
    plain && named && enough && name.len() <= 6
}

/// Who pictures are of, at the end of a caption.
#[rustfmt::skip]
const AGENCIES: &[&str] = &[
    " ap", "/ap", " afp", "/afp", " dpa", "/dpa", "reuters", " epa", "/epa", "getty", "images", "picture-alliance",
    "imago", "tass", "тасс", "укрінформ", "уніан", "ria novosti", "риа новости", "keystone", " apa", " ntb", " scanpix",
    " ritzau", " tt", " ansa", " efe", "europa press", " lusa", " pap", " ctk", " čtk", " mti", "agerpres", "뉴시스",
    "연합뉴스", "뉴스1", "제공", "기자", "＝ａｐ", "＝ロイター", "＝共同", "新華社", "新华社", "中新社", "handout", "screenshot",
    "shutterstock", "unsplash", "pexels", "pixabay",
];

/// What stands over readers' comments, but for their number.
#[rustfmt::skip]
const COMMENTS: &[&str] = &[
    "comments", "view comments", "show comments", "post a comment", "leave a comment", "leave a reply", "write a comment",
    "add your comment", "add comment", "reader comments", "one comment", "no comments", "top comments",
    "join the conversation", "kommentare", "leserkommentare", "keine kommentare", "kommentar schreiben",
    "einen kommentar schreiben", "kommentieren", "kommentarer", "kommentit", "commentaires", "comentarios", "comentários",
    "commenti", "nessun commento", "reacties", "reageer", "komentarze", "komentarzy", "komentáře", "komentáre",
    "komentarai", "komentari", "comentarii", "hozzászólások", "yorumlar", "коментарі", "коментарів", "залишити коментар",
    "комментарии", "комментариев", "комментария", "оставить комментарий", "коментари", "σχόλια", "تعليقات", "תגובות",
];

/// Whether a line stands over readers' comments: `8 Comments`, `Kommentare (0)`.
pub fn opens_comments(text: &str) -> bool {
    let lower = text.to_lowercase();
    let bare = lower.trim_matches(|c: char| !c.is_alphabetic());
    COMMENTS.contains(&bare) || SUBHEADINGS.contains(&bare) && text.contains(|c: char| c.is_ascii_digit())
}

/// What stands over comments if their number is there, and else as well over a part of an article.
#[rustfmt::skip]
const SUBHEADINGS: &[&str] = &[
    "comment", "responses", "replies", "kommentar", "ergänzungen", "commentaire", "réactions", "commento", "yorum",
    "коментар", "комментарий", "댓글", "评论", "評論", "留言", "コメント",
];

/// How lines begin that come behind an article: who wrote it, what readers may do for it. What leads to other stories stands
/// inside of articles as well.
#[rustfmt::skip]
const ENDS: &[&str] = &[
    "about the author", "more from", "more stories", "keep reading", "related articles", "related tags",
    "related topics", "top stories", "submit a correction", "did you like", "did you find",
    "was this article", "support our", "filed under", "topics", "über die autor",
    "über den autor", "zur person", "weitere artikel", "weitere themen", "ähnliche artikel", "themen des artikels", "themen:",
    "hat ihnen dieser", "wie hat ihnen", "fehler gefunden", "sie haben einen fehler", "fehler auf", "deine spende",
    "unterstützen sie", "unabhängiger journalismus", "newsletter", "meistgelesen", "das könnte", "à propos de l'auteur",
    "il vous reste", "dans la même rubrique", "sobre la firma", "sobre el autor", "archivado en", "lo más leído",
    "tu suscripción", "sobre o autor", "mais lidas", "sull'autore", "o autorze", "o autorovi", "over de auteur",
    "про автора", "об авторе", "новини за темою", "материалы по теме", "この記事は", "関連記事", "관련기사", "相关阅读",
];

/// Whether a short line stands behind an article and before what else the page has.
pub fn ends_article(text: &str) -> bool {
    let lower = text.to_lowercase();
    let opens = !text.ends_with(['.', '!', '…', '。']) && ENDS.iter().any(|start| lower.starts_with(start));
    words(text) <= 12 && opens || is_paywall(text)
}

/// How labels of the date of publication begin.
pub const PUBLISHED_LABELS: &[&str] =
    &["publi", "post", "veröff", "erschien", "erstellt", "datum", "date", "gespeichert", "geschrieben"];

/// What else stands before the date of publication.
#[rustfmt::skip]
const PUBLISHED_WORDS: &[&str] = &[
    "stand", "am ", "on ", "опубл", "дата", "online", "mise en ligne", "lisätty", "julkaistu", "eklen",
    "yayın", "dodan", "објав", "fecha", "data", "wysłan", "입력", "등록", "公開", "发布", "gepost", "utgitt",
    "posté",
];
/// What stands before the date of a change.
#[rustfmt::skip]
const UPDATED_WORDS: &[&str] = &[
    "updat", "aktuali", "änder", "modif", "оновл", "обновл", "copyright", "©", "actualiz", "aggiorn",
    "mis à jour", "güncel", "수정", "更新", "bijgewerkt", "päivitetty", "oppdatert",
];

/// Whether what stands before a date says that it is that of publication.
pub fn says_published(before: &str) -> bool {
    PUBLISHED_LABELS.iter().chain(PUBLISHED_WORDS).any(|word| before.contains(word))
}

/// Whether what stands before a date says that it is that of a change.
pub fn says_updated(before: &str) -> bool {
    UPDATED_WORDS.iter().any(|word| before.contains(word))
}

/// Whether a text ends as sentences end, closing quotes and brackets aside.
pub fn ends_sentence(text: &str) -> bool {
    let bare = text.trim_end_matches(|c: char| {
        matches!(c, '"' | '\'' | '”' | '’' | '»' | ')' | ']' | '“' | '』' | '」' | ' ' | '*')
            || c >= '\u{1f000}'
    });
    bare.ends_with(['.', '!', '?', '…', '。', '！', '？', '।', '։', '؟', '።', ':', '۔', ';'])
}

/// Ends of sentences inside a text.
pub fn sentences(text: &str) -> usize {
    let full = text.matches(['。', '！', '？', '।', '۔']).count();
    full + [". ", "! ", "? ", ".\" ", ".” ", "؟ "].iter().map(|end| text.matches(end).count()).sum::<usize>()
}

/// Words; where they are not separated by blanks, two letters count as one.
pub fn words(text: &str) -> usize {
    let unspaced = text
        .chars()
        .filter(|c| matches!(c, '\u{e00}'..='\u{eff}' | '\u{1780}'..='\u{17ff}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}'))
        .count();
    text.split_whitespace().count().max(unspaced / 2)
}
