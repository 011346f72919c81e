//! Names of months, weekdays and moments, as they stand in printed dates: nominative, genitive and short forms.
//!
//! Months after the Unicode Common Locale Data Repository (wide and abbreviated, format and stand-alone), with the spellings
//! that newspapers print beside those. All are folded when they are looked up: lower case, without accents.

/// Languages and their months, January first; forms are separated by blanks.
#[rustfmt::skip]
pub const MONTHS: &[(&str, [&str; 12])] = &[
    ("en", ["january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul", "august aug", "september sept sep", "october oct", "november nov", "december dec"]),
    ("uk", ["січень січня січні січ", "лютий лютого лютому лют", "березень березня березні бер", "квітень квітня квітні квіт кві", "травень травня травні трав тра", "червень червня червні черв чер", "липень липня липні лип", "серпень серпня серпні серп сер", "вересень вересня вересні вер", "жовтень жовтня жовтні жовт жов", "листопад листопада листопаді лист лис", "грудень грудня грудні груд гру"]),
    ("ru", ["январь января январе янв", "февраль февраля феврале февр фев", "март марта марте мар", "апрель апреля апреле апр", "май мая мае", "июнь июня июне июн", "июль июля июле июл", "август августа августе авг", "сентябрь сентября сентябре сент сен", "октябрь октября октябре окт", "ноябрь ноября ноябре нояб ноя", "декабрь декабря декабре дек"]),
    ("be", ["студзень студзеня студ сту", "люты лютага лют", "сакавік сакавіка сак", "красавік красавіка крас кра", "май мая травень траўня", "чэрвень чэрвеня чэр", "ліпень ліпеня ліп", "жнівень жніўня жні", "верасень верасня вер", "кастрычнік кастрычніка кас", "лістапад лістапада ліс", "снежань снежня сне"]),
    ("bg", ["януари яну ян", "февруари фев февр", "март мар", "април апр", "май", "юни юн", "юли юл", "август авг", "септември септ сеп", "октомври окт", "ноември ноем ное", "декември дек"]),
    ("sr", ["januar јануар januara јануара jan јан", "februar фебруар februara фебруара feb феб", "mart март marta марта mar мар", "april април aprila априла apr апр", "maj мај maja маја", "jun јун juna јуна juni јуни", "jul јул jula јула juli јули", "avgust август avgusta августа avg авг", "septembar септембар septembra септембра sep сеп", "oktobar октобар oktobra октобра okt окт", "novembar новембар novembra новембра nov нов", "decembar децембар decembra децембра dec дец"]),
    ("mk", ["јануари јан", "февруари фев", "март мар", "април апр", "мај", "јуни јун", "јули јул", "август авг", "септември сеп септ", "октомври окт", "ноември ное ноем", "декември дек"]),
    ("hr", ["siječanj siječnja sij", "veljača veljače velj vel", "ožujak ožujka ožu", "travanj travnja tra", "svibanj svibnja svi", "lipanj lipnja lip", "srpanj srpnja srp", "kolovoz kolovoza kol", "rujan rujna ruj", "listopad listopada lis", "studeni studenoga studenog stu", "prosinac prosinca pro"]),
    ("sl", ["januar januarja jan", "februar februarja feb", "marec marca mar", "april aprila apr", "maj maja", "junij junija jun", "julij julija jul", "avgust avgusta avg", "september septembra sep", "oktober oktobra okt", "november novembra nov", "december decembra dec"]),
    ("cs", ["leden ledna led", "únor února úno", "březen března bře", "duben dubna dub", "květen května kvě", "červen června čvn", "červenec července čvc", "srpen srpna srp", "září zář", "říjen října říj", "listopad listopadu lis", "prosinec prosince pro"]),
    ("sk", ["január januára jan", "február februára feb", "marec marca mar", "apríl apríla apr", "máj mája", "jún júna", "júl júla", "august augusta aug", "september septembra sep", "október októbra okt", "november novembra nov", "december decembra dec"]),
    ("pl", ["styczeń stycznia sty stycz", "luty lutego lut", "marzec marca mar", "kwiecień kwietnia kwi kwiec", "maj maja", "czerwiec czerwca cze czerw", "lipiec lipca lip", "sierpień sierpnia sie sierp", "wrzesień września wrz wrześ", "październik października paź paźdz", "listopad listopada lis", "grudzień grudnia gru grudz"]),
    ("de", ["januar jänner jan jän", "februar feber feb febr", "märz mär mrz maerz", "april apr", "mai", "juni jun", "juli jul", "august aug", "september sept sep", "oktober okt", "november nov", "dezember dez"]),
    ("nl", ["januari jan", "februari feb febr", "maart mrt", "april apr", "mei", "juni jun", "juli jul", "augustus aug", "september sept sep", "oktober okt", "november nov", "december dec"]),
    ("sv", ["januari jan", "februari feb", "mars mar", "april apr", "maj", "juni jun", "juli jul", "augusti aug", "september sep sept", "oktober okt", "november nov", "december dec"]),
    ("da", ["januar jan", "februar feb", "marts mar", "april apr", "maj", "juni jun", "juli jul", "august aug", "september sep sept", "oktober okt", "november nov", "december dec"]),
    ("nb", ["januar jan", "februar feb", "mars mar", "april apr", "mai", "juni jun", "juli jul", "august aug", "september sep sept", "oktober okt", "november nov", "desember des"]),
    ("is", ["janúar jan", "febrúar feb", "mars mar", "apríl apr", "maí", "júní jún", "júlí júl", "ágúst ágú", "september sep", "október okt", "nóvember nóv", "desember des"]),
    ("fi", ["tammikuu tammikuuta tammikuun tammi", "helmikuu helmikuuta helmikuun helmi", "maaliskuu maaliskuuta maaliskuun maalis", "huhtikuu huhtikuuta huhtikuun huhti", "toukokuu toukokuuta toukokuun touko", "kesäkuu kesäkuuta kesäkuun kesä", "heinäkuu heinäkuuta heinäkuun heinä", "elokuu elokuuta elokuun elo", "syyskuu syyskuuta syyskuun syys", "lokakuu lokakuuta lokakuun loka", "marraskuu marraskuuta marraskuun marras", "joulukuu joulukuuta joulukuun joulu"]),
    ("et", ["jaanuar jaanuari jaan", "veebruar veebruari veebr", "märts märtsi", "aprill aprilli apr", "mai", "juuni", "juuli", "august augusti aug", "september septembri sept", "oktoober oktoobri okt", "november novembri nov", "detsember detsembri dets"]),
    ("lv", ["janvāris janvārī janvāra janv", "februāris februārī februāra febr", "marts martā marta", "aprīlis aprīlī aprīļa apr", "maijs maijā maija", "jūnijs jūnijā jūnija jūn", "jūlijs jūlijā jūlija jūl", "augusts augustā augusta aug", "septembris septembrī septembra sept", "oktobris oktobrī oktobra okt", "novembris novembrī novembra nov", "decembris decembrī decembra dec"]),
    ("lt", ["sausis sausio saus", "vasaris vasario vas", "kovas kovo kov", "balandis balandžio bal", "gegužė gegužės geg", "birželis birželio birž", "liepa liepos liep", "rugpjūtis rugpjūčio rugp", "rugsėjis rugsėjo rugs", "spalis spalio spal", "lapkritis lapkričio lapkr", "gruodis gruodžio gruod"]),
    ("hu", ["január januári jan", "február februári febr feb", "március márciusi márc", "április áprilisi ápr", "május májusi máj", "június júniusi jún", "július júliusi júl", "augusztus augusztusi aug", "szeptember szeptemberi szept", "október októberi okt", "november novemberi nov", "december decemberi dec"]),
    ("ro", ["ianuarie ian", "februarie feb febr", "martie mar", "aprilie apr", "mai", "iunie iun", "iulie iul", "august aug", "septembrie sept sep", "octombrie oct", "noiembrie noi nov", "decembrie dec"]),
    ("fr", ["janvier janv", "février févr fév", "mars", "avril avr", "mai", "juin", "juillet juil", "août aout", "septembre sept", "octobre oct", "novembre nov", "décembre déc"]),
    ("es", ["enero ene", "febrero feb", "marzo mar", "abril abr", "mayo may", "junio jun", "julio jul", "agosto ago", "septiembre setiembre sept sep set", "octubre oct", "noviembre nov", "diciembre dic"]),
    ("pt", ["janeiro jan", "fevereiro fev", "março mar", "abril abr", "maio mai", "junho jun", "julho jul", "agosto ago", "setembro set", "outubro out", "novembro nov", "dezembro dez"]),
    ("it", ["gennaio gen genn", "febbraio feb febbr", "marzo mar", "aprile apr", "maggio mag magg", "giugno giu", "luglio lug", "agosto ago", "settembre set sett", "ottobre ott", "novembre nov", "dicembre dic"]),
    ("ca", ["gener gen", "febrer febr", "març", "abril abr", "maig", "juny", "juliol jul", "agost ag", "setembre set", "octubre oct", "novembre nov", "desembre des"]),
    ("gl", ["xaneiro xan", "febreiro feb", "marzo mar", "abril abr", "maio", "xuño xun", "xullo xul", "agosto ago", "setembro set", "outubro out", "novembro nov", "decembro dec"]),
    ("eu", ["urtarrila urtarrilaren urtarrilak urt", "otsaila otsailaren otsailak ots", "martxoa martxoaren martxoak mar", "apirila apirilaren apirilak api", "maiatza maiatzaren maiatzak mai", "ekaina ekainaren ekainak eka", "uztaila uztailaren uztailak uzt", "abuztua abuztuaren abuztuak abu", "iraila irailaren irailak ira", "urria urriaren urriak urr", "azaroa azaroaren azaroak aza", "abendua abenduaren abenduak abe"]),
    ("el", ["ιανουάριος ιανουαρίου ιαν", "φεβρουάριος φεβρουαρίου φεβ φεβρ", "μάρτιος μαρτίου μαρ μάρ", "απρίλιος απριλίου απρ", "μάιος μαΐου μαϊ μάι", "ιούνιος ιουνίου ιουν", "ιούλιος ιουλίου ιουλ", "αύγουστος αυγούστου αυγ", "σεπτέμβριος σεπτεμβρίου σεπ σεπτ", "οκτώβριος οκτωβρίου οκτ", "νοέμβριος νοεμβρίου νοε νοεμ", "δεκέμβριος δεκεμβρίου δεκ"]),
    ("tr", ["ocak oca", "şubat şub", "mart mar", "nisan nis", "mayıs may", "haziran haz", "temmuz tem", "ağustos ağu", "eylül eyl", "ekim eki", "kasım kas", "aralık ara"]),
    ("az", ["yanvar", "fevral", "mart", "aprel", "may", "iyun", "iyul", "avqust", "sentyabr", "oktyabr", "noyabr", "dekabr"]),
    ("uz", ["yanvar январ", "fevral феврал", "mart март", "aprel апрел", "may май", "iyun июн", "iyul июл", "avgust август", "sentabr сентабр", "oktabr октабр", "noyabr ноябр", "dekabr декабр"]),
    ("kk", ["қаңтар", "ақпан", "наурыз", "сәуір", "мамыр", "маусым", "шілде", "тамыз", "қыркүйек", "қазан", "қараша", "желтоқсан"]),
    ("sq", ["janar jan", "shkurt shk", "mars", "prill pri", "maj", "qershor qer", "korrik kor", "gusht gsh", "shtator sht", "tetor tet", "nëntor nën", "dhjetor dhj"]),
    ("id", ["januari jan", "februari feb", "maret mar", "april apr", "mei", "juni jun", "juli jul", "agustus agu agt", "september sep", "oktober okt", "november nov", "desember des"]),
    ("ms", ["januari jan", "februari feb", "mac", "april apr", "mei", "jun", "julai jul", "ogos ogo", "september sep", "oktober okt", "november nov", "disember dis"]),
    ("tl", ["enero ene", "pebrero peb", "marso mar", "abril abr", "mayo may", "hunyo hun", "hulyo hul", "agosto ago", "setyembre set", "oktubre okt", "nobyembre nob", "disyembre dis"]),
    ("sw", ["januari jan", "februari feb", "machi mac", "aprili apr", "mei", "juni jun", "julai jul", "agosti ago", "septemba sep", "oktoba okt", "novemba nov", "desemba des"]),
    ("af", ["januarie jan", "februarie feb", "maart mrt", "april apr", "mei", "junie jun", "julie jul", "augustus aug", "september sept", "oktober okt", "november nov", "desember des"]),
    ("ar", ["يناير كانون٢ جانفي", "فبراير شباط فيفري", "مارس آذار اذار", "أبريل ابريل إبريل نيسان أفريل", "مايو أيار ايار ماي", "يونيو حزيران يونيه جوان", "يوليو تموز يوليه جويلية", "أغسطس اغسطس آب أوت", "سبتمبر أيلول ايلول", "أكتوبر اكتوبر", "نوفمبر", "ديسمبر"]),
    ("fa", ["ژانویه", "فوریه", "مارس", "آوریل", "مه", "ژوئن", "ژوئیه جولای", "اوت آگوست", "سپتامبر", "اکتبر", "نوامبر", "دسامبر"]),
    ("ur", ["جنوری", "فروری", "مارچ", "اپریل", "مئی", "جون", "جولائی", "اگست", "ستمبر", "اکتوبر", "نومبر", "دسمبر"]),
    ("he", ["ינואר בינואר ינו", "פברואר בפברואר פבר", "מרץ במרץ מרס במרס", "אפריל באפריל אפר", "מאי במאי", "יוני ביוני", "יולי ביולי", "אוגוסט באוגוסט אוג", "ספטמבר בספטמבר ספט", "אוקטובר באוקטובר אוק", "נובמבר בנובמבר נוב", "דצמבר בדצמבר דצמ"]),
    ("hi", ["जनवरी जन", "फ़रवरी फरवरी", "मार्च", "अप्रैल", "मई", "जून", "जुलाई", "अगस्त", "सितंबर सितम्बर", "अक्टूबर अक्तूबर", "नवंबर नवम्बर", "दिसंबर दिसम्बर"]),
    ("mr", ["जानेवारी", "फेब्रुवारी", "मार्च", "एप्रिल", "मे", "जून", "जुलै", "ऑगस्ट", "सप्टेंबर", "ऑक्टोबर", "नोव्हेंबर", "डिसेंबर"]),
    ("bn", ["জানুয়ারি জানুয়ারী জানুয়ারি", "ফেব্রুয়ারি ফেব্রুয়ারী ফেব্রুয়ারি", "মার্চ", "এপ্রিল", "মে", "জুন", "জুলাই", "আগস্ট", "সেপ্টেম্বর", "অক্টোবর", "নভেম্বর", "ডিসেম্বর"]),
    ("ta", ["ஜனவரி", "பிப்ரவரி", "மார்ச்", "ஏப்ரல்", "மே", "ஜூன்", "ஜூலை", "ஆகஸ்ட்", "செப்டம்பர்", "அக்டோபர்", "நவம்பர்", "டிசம்பர்"]),
    ("th", ["มกราคม ม.ค", "กุมภาพันธ์ ก.พ", "มีนาคม มี.ค", "เมษายน เม.ย", "พฤษภาคม พ.ค", "มิถุนายน มิ.ย", "กรกฎาคม ก.ค", "สิงหาคม ส.ค", "กันยายน ก.ย", "ตุลาคม ต.ค", "พฤศจิกายน พ.ย", "ธันวาคม ธ.ค"]),
    ("ka", ["იანვარი იანვარს იან", "თებერვალი თებერვალს თებ", "მარტი მარტს", "აპრილი აპრილს", "მაისი მაისს", "ივნისი ივნისს", "ივლისი ივლისს", "აგვისტო აგვისტოს", "სექტემბერი სექტემბერს", "ოქტომბერი ოქტომბერს", "ნოემბერი ნოემბერს", "დეკემბერი დეკემბერს"]),
    ("hy", ["հունվար հունվարի", "փետրվար փետրվարի", "մարտ մարտի", "ապրիլ ապրիլի", "մայիս մայիսի", "հունիս հունիսի", "հուլիս հուլիսի", "օգոստոս օգոստոսի", "սեպտեմբեր սեպտեմբերի", "հոկտեմբեր հոկտեմբերի", "նոյեմբեր նոյեմբերի", "դեկտեմբեր դեկտեմբերի"]),
];

/// Names of weekdays, any day, by language: they may stand beside a date and are passed over.
#[rustfmt::skip]
pub const WEEKDAYS: &[(&str, &str)] = &[
    ("en", "monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat sun"),
    ("uk", "понеділок вівторок середа четвер п'ятниця субота неділя середу п'ятницю суботу неділю пн вт ср чт пт сб нд"),
    ("ru", "понедельник вторник среда четверг пятница суббота воскресенье среду пятницу субботу пн вт ср чт пт сб вс"),
    ("be", "панядзелак аўторак серада чацвер пятніца субота нядзеля"),
    ("bg", "понеделник вторник сряда четвъртък петък събота неделя"),
    ("sr", "ponedeljak utorak sreda četvrtak petak subota nedelja понедељак уторак среда четвртак петак субота недеља"),
    ("hr", "ponedjeljak srijeda nedjelja"),
    ("sl", "ponedeljek torek četrtek petek"),
    ("cs", "pondělí úterý středa čtvrtek pátek sobota neděle po út st čt pá so ne"),
    ("sk", "pondelok utorok streda štvrtok piatok sobota nedeľa"),
    ("pl", "poniedziałek wtorek środa czwartek piątek sobota niedziela pon wt śr czw pt sob niedz"),
    ("de", "montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag mo di mi do fr sa so"),
    ("nl", "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag"),
    ("sv", "måndag tisdag onsdag torsdag fredag lördag söndag"),
    ("da", "mandag tirsdag torsdag lørdag søndag"),
    ("fi", "maanantai tiistai keskiviikko torstai perjantai lauantai sunnuntai ma ti ke to pe la su"),
    ("et", "esmaspäev teisipäev kolmapäev neljapäev reede laupäev pühapäev"),
    ("lv", "pirmdiena otrdiena trešdiena ceturtdiena piektdiena sestdiena svētdiena"),
    ("lt", "pirmadienis antradienis trečiadienis ketvirtadienis penktadienis šeštadienis sekmadienis"),
    ("hu", "hétfő kedd szerda csütörtök péntek szombat vasárnap"),
    ("ro", "luni marți miercuri joi vineri sâmbătă duminică"),
    ("fr", "lundi mardi mercredi jeudi vendredi samedi dimanche"),
    ("es", "lunes martes miércoles jueves viernes sábado domingo"),
    ("pt", "segunda terça quarta quinta sexta feira sábado domingo"),
    ("it", "lunedì martedì mercoledì giovedì venerdì sabato domenica"),
    ("ca", "dilluns dimarts dimecres dijous divendres dissabte diumenge"),
    ("el", "δευτέρα τρίτη τετάρτη πέμπτη παρασκευή σάββατο κυριακή"),
    ("tr", "pazartesi salı çarşamba perşembe cuma cumartesi pazar"),
    ("id", "senin selasa rabu kamis jumat sabtu minggu"),
    ("ar", "الاثنين الإثنين الثلاثاء الأربعاء الخميس الجمعة السبت الأحد"),
    ("he", "שני שלישי רביעי חמישי שישי שבת ראשון יום"),
    ("hi", "सोमवार मंगलवार बुधवार गुरुवार शुक्रवार शनिवार रविवार"),
    ("vi", "thứ hai ba tư năm sáu bảy chủ nhật"),
];

/// Words that mean the day of the capture, the day before it, and the one before that, by language: `hier` is yesterday in
/// French and here in German. A hyphen stands for a blank.
#[rustfmt::skip]
pub const DAYS_BACK: &[(&str, [&str; 3])] = &[
    ("en", ["today", "yesterday", ""]),
    ("uk", ["сьогодні", "вчора учора", "позавчора"]),
    ("ru", ["сегодня", "вчера", "позавчера"]),
    ("be", ["сёння", "учора", "пазаўчора"]),
    ("bg", ["днес", "вчера", "онзи-ден"]),
    ("sr", ["danas данас", "juče јуче", "prekjuče прекјуче"]),
    ("hr", ["danas", "jučer", "prekjučer"]),
    ("sl", ["danes", "včeraj", "predvčerajšnjim"]),
    ("mk", ["денес", "вчера", "завчера"]),
    ("cs", ["dnes", "včera", "předevčírem"]),
    ("sk", ["dnes", "včera", "predvčerom"]),
    ("pl", ["dzisiaj dziś", "wczoraj", "przedwczoraj"]),
    ("de", ["heute", "gestern", "vorgestern"]),
    ("nl", ["vandaag", "gisteren", "eergisteren"]),
    ("sv", ["idag i-dag", "igår i-går", "i-förrgår"]),
    ("da", ["i-dag", "i-går", "i-forgårs"]),
    ("nb", ["i-dag", "i-går", "i-forgårs"]),
    ("fi", ["tänään", "eilen", "toissapäivänä"]),
    ("et", ["täna", "eile", "üleeile"]),
    ("lv", ["šodien", "vakar", "aizvakar"]),
    ("lt", ["šiandien", "vakar", "užvakar"]),
    ("hu", ["ma", "tegnap", "tegnapelőtt"]),
    ("ro", ["azi astăzi", "ieri", "alaltăieri"]),
    ("fr", ["aujourd'hui", "hier", "avant-hier"]),
    ("es", ["hoy", "ayer", "anteayer"]),
    ("pt", ["hoje", "ontem", "anteontem"]),
    ("it", ["oggi", "ieri", "l'altro-ieri"]),
    ("ca", ["avui", "ahir", ""]),
    ("el", ["σήμερα", "χθες χτες", "προχθές"]),
    ("tr", ["bugün", "dün", ""]),
    ("id", ["hari-ini", "kemarin", ""]),
    ("ar", ["اليوم", "أمس امس", ""]),
    ("fa", ["امروز", "دیروز", ""]),
    ("he", ["היום", "אתמול", "שלשום"]),
    ("hi", ["आज", "", ""]),
    ("ja", ["今日 本日", "昨日", "一昨日"]),
    ("zh", ["今天 今日", "昨天 昨日", "前天"]),
    ("ko", ["오늘", "어제", "그제"]),
    ("vi", ["hôm-nay", "hôm-qua", ""]),
];

/// Words for a span of time, and how many seconds one takes.
#[rustfmt::skip]
pub const UNITS: &[(i64, &str)] = &[
    (1, "second seconds sec secs секунд секунди секунду секунды sekund sekundy sekunden sekunde secondes segundos secondi seconden 秒 초"),
    (60, "minute minutes min mins хвилин хвилини хвилину хв минут минуты минуту мин minut minuty minuten minuut minuter minutter minuuttia minutos minuti minute λεπτά dakika menit دقيقة دقائق דקות 分 分钟 分鐘 분 minuta phút"),
    (3600, "hour hours hr hrs годин години годину год часов часа час godzin godziny godzinę hodin hodinami stunde stunden std uur timme timmar time timer tunti tuntia heure heures hora horas ora ore ώρα ώρες saat jam ساعة ساعات שעה שעות 小时 小時 時間 시간 satu sata sati óra órája giờ"),
    (86_400, "day days день дні днів дня дней dzień dni den dny dnů tag tage tagen dag dagen dagar dage päivä päivää jour jours día días dia dias giorno giorni zile zi ημέρες gün hari يوم أيام ימים יום 天 日 일 nap napja ngày"),
    (604_800, "week weeks тиждень тижні тижнів неделю недели недель tydzień tygodnie tygodni týdny woche wochen weken week vecka veckor uge uger viikko viikkoa semaine semaines semana semanas settimana settimane hafta minggu أسبوع أسابيع 周 週間 주"),
];

/// Words that say that a span of time has gone by since.
pub const AGO: &str = "ago тому назад таму преди пре prije pred temu před vor geleden sedan siden sitten tagasi il-y-a hace há fa acum înainte πριν önce yang-lalu lalu منذ قبل לפני 前 전 ezelőtt trước fa";

/// Zones by the letters that are printed after a time, in minutes east of UTC. Those that stand for several are left out, but
/// for the ones that news sites mean almost always: IST of India, CST and EST of North America, BST of Britain.
#[rustfmt::skip]
pub const ZONES: &[(&str, i16)] = &[
    ("utc", 0), ("gmt", 0), ("z", 0), ("wet", 0), ("west", 60), ("bst", 60), ("cet", 60), ("mez", 60),
    ("cest", 120), ("mesz", 120), ("eet", 120), ("eest", 180), ("msk", 180), ("мск", 180), ("trt", 180),
    ("ist", 330), ("pkt", 300), ("wib", 420), ("hkt", 480), ("sgt", 480), ("jst", 540), ("kst", 540),
    ("acst", 570), ("aest", 600), ("aedt", 660), ("nzst", 720), ("nzdt", 780), ("est", -300), ("edt", -240),
    ("cst", -360), ("cdt", -300), ("mst", -420), ("mdt", -360), ("pst", -480), ("pdt", -420), ("brt", -180),
    ("art", -180),
];

/// Between the parts of a date: articles, prepositions, words for year and day.
pub const FILLERS: &str = "de del di do da d of the le el la den den' der dem al ta у в on at um à a р г року рік года год m gada gads metų d. eko e. til kl kello o ok годин років ngày tháng năm ngay thang nam م ه il lo klo klo. si และ ที่ วันที่ พ.ศ";
