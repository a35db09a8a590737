package corpus

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"unicode"
)

// sentences are one or two in each of many languages.
var sentences = []string{
	"The river had risen in the night, and nobody on the quay could say how far it would go.",
	"It's the 3rd time she'd've said “don't”, isn't it? — Well… yes!",
	"Der Fluss war über Nacht gestiegen; Straßenbahnhaltestellenfahrplanänderungen folgten.",
	"L'été dernier, où êtes-vous allés ? À l'île, bien sûr : c'était génial !",
	"¿Dónde está el niño? ¡Mañana vendrá la cigüeña!",
	"Não há pão na padaria; a avó foi à feira às três.",
	"Perché no? La città è già piena di turisti, però il caffè è ottimo.",
	"De koning zei: 's avonds eet ik geïntrigeerd een ijsje.",
	"Blåbærsyltetøy på brød er sønnens favoritt – ikke sant?",
	"Över ån gick en älg; på ön växte åtta äppelträd.",
	"Hyvää huomenta! Yöllä sataa räntää, päivällä paistaa aurinko.",
	"Þórður át hákarl í Öxarfirði, en Ævar drakk mjólk.",
	"Zażółć gęślą jaźń, a potem pójdź nad Łynę.",
	"Příliš žluťoučký kůň úpěl ďábelské ódy.",
	"Árvíztűrő tükörfúrógép, őszintén szólva.",
	"În iarnă, țăranul și-a făcut o căciulă din lână; ştiu și eu.",
	"Đường đến trường rất xa, nhưng em bé vẫn vui vẻ hát bài ca quê hương.",
	"İstanbul'da ışıklı bir gecede şairler çay içiyor.",
	"Nikdo neví, kde je Ljubljana: čaša, žaba, šuma, đak, ćup.",
	"Kāpēc ēst ķiršus? Ģimene šodien ceļo uz jūru.",
	"Ąžuolas šlama, ežys šnara, o žvėris miega.",
	"Съешь же ещё этих мягких французских булок, да выпей чаю.",
	"Їжак із ґанку дивиться, як іде дощ; що ж, є час.",
	"Ђак је љубазно рекао: „Џеп је празан“.",
	"Жълтата дюля беше щастлива, че пухът, който цъфна, замръзна.",
	"Ο ποταμός είχε φουσκώσει τη νύχτα· ποιος ξέρει; Ἐν ἀρχῇ ἦν ὁ λόγος.",
	"Գետը գիշերը բարձրացել էր։ Ո՞վ գիտի։",
	"მდინარე ღამით ადიდდა და არავინ იცოდა, რა მოხდებოდა.",
	"הנהר עלה בלילה; שָׁלוֹם לְכֻלָּם! „מה שלומך?”",
	"ارتفع النهر في الليل، ولم يعرف أحدٌ إلى أين سيصل؟ بِسْمِ اللَّهِ",
	"رودخانه شب\u200cهنگام بالا آمد؛ می\u200cخواهم کتاب\u200cها را ببینم. ۱۴۰۳",
	"دریا رات کو چڑھ گیا تھا، اور کسی کو خبر نہ تھی۔",
	"नदी रात में चढ़ गई थी, और किसी को पता नहीं था। क्षत्रिय, ज्ञान, श्री १२३",
	"নদী রাতে বেড়ে গিয়েছিল; কেউ জানত না। ক্ষুদ্র ৫৬",
	"ਨਦੀ ਰਾਤ ਨੂੰ ਚੜ੍ਹ ਗਈ ਸੀ।",
	"નદી રાત્રે વધી ગઈ હતી અને કોઈને ખબર ન હતી.",
	"ஆறு இரவில் பெருகியது; யாருக்கும் தெரியவில்லை. ஸ்ரீ க்ஷ",
	"నది రాత్రి పొంగింది, ఎవరికీ తెలియదు.",
	"ನದಿ ರಾತ್ರಿ ಉಕ್ಕಿ ಹರಿಯಿತು; ಯಾರಿಗೂ ಗೊತ್ತಿರಲಿಲ್ಲ.",
	"പുഴ രാത്രിയിൽ കരകവിഞ്ഞു; ആർക്കും അറിയില്ലായിരുന്നു.",
	"ගඟ රාත්\u200dරියේ පිටාර ගැලුවේය; කිසිවෙකු දැන සිටියේ නැත.",
	"แม่น้ำขึ้นสูงในตอนกลางคืน และไม่มีใครรู้ว่าจะไปถึงไหน ๑๒๓",
	"ແມ່ນ້ຳຂຶ້ນໃນຕອນກາງຄືນ ແລະ ບໍ່ມີໃຜຮູ້.",
	"မြစ်ရေသည် ညတွင် တက်လာပြီး မည်သူမျှ မသိခဲ့။",
	"ទន្លេបានឡើងនៅពេលយប់ ហើយគ្មាននរណាដឹងទេ។",
	"གཙང་པོ་མཚན་མོར་རྒྱས་སོང་། སུས་ཀྱང་མ་ཤེས།",
	"ወንዙ በሌሊት ሞልቶ ነበር፤ ማንም አላወቀም።",
	"今日は天気がとても良いので、公園まで歩いて行きました。ｶﾀｶﾅ、カタカナ「ヴ」々〆",
	"河水在夜里涨了，没有人知道会涨到哪里。我能吞下玻璃而不伤身体。",
	"河水在夜裏漲了，誰也不知道會漲到哪裏。𠜎𠜱𠝹𠱓",
	"강물이 밤새 불어났고 아무도 몰랐다. 닭이 꿰맨 뷁 \u1100\u1161\u11a8",
	"Mto ulifurika usiku, wala hakuna aliyejua ungefika wapi.",
	"Odò náà kún ní òru; ẹnikẹ́ni kò mọ̀. Ọjọ́ dára.",
	"Kogin ya cika da dare; ɓera, ɗaki, ƙasa, 'yanci.",
	"Umfula wagcwala ebusuku; akekho owayazi. Ngqoqoqo!",
	"Sungai itu naik pada malam hari, dan tidak ada yang tahu seberapa jauh.",
	"Ang ilog ay umapaw kagabi, at walang nakaaalam.",
	"Ua piʻi ka muliwai i ka pō; ʻaʻohe mea i ʻike.",
	"La rivero altiĝis nokte; ĉu vi scias? Ĝis la ĵaŭdo, eĥoŝanĝo!",
	"Tha'n abhainn air èirigh; d'éirigh an abhainn istoíche, níl a fhios.",
	"Roedd yr afon wedi codi yn y nos; ŵyr, tŷ, pêl.",
	"Ibaia gauean igo zen; inork ez zekien.",
	"Река — reka — رىكا: өзен түнде көтерілді, ешкім білмеді.",
	"Гол шөнө үерлэж, хэн ч мэдсэнгүй. ᠮᠣᠩᠭᠣᠯ",
	"ⵜⴰⵎⴰⵣⵉⵖⵜ ⴷ ⵜⵓⵜⵍⴰⵢⵜ",
	"ᏣᎳᎩ ᎦᏬᏂᎯᏍᏗ",
	"ᐃᓄᒃᑎᑐᑦ ᐅᖃᐅᓯᖅ",
	"naïve café: e\u0301 vs é, n\u0303 vs ñ, A\u030a vs Å vs Å, ﬁ ﬂ ﬃ, ǅ ǈ",
	"Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘",
	"𝕸𝖆𝖙𝖍 𝒻𝓇𝒶𝓀 ∀x∈ℝ: ⌈x⌉ = −⌊−x⌋, α ∧ ¬β → γ ⟹ ∮ ≠ ≤ ∞",
	"Ｆｕｌｌｗｉｄｔｈ　ＡＢＣ１２３！ ⓐⓑⓒ ㊗ ㍿ ㎏ ™ © ® № ℃",
	"ˈfəʊnɪks /ˈɹɪvə(ɹ)/ [t͡ʃ] ŋ ʔ ː",
	"Hello мир 世界 עולם دنيا नमस्ते 🌍 all in one line",
}

// languages are the sentences, and words of random letters for each script.
func languages() []string {
	all := slices.Clone(sentences)
	for _, name := range slices.Sorted(maps.Keys(unicode.Scripts)) {
		all = append(all, words(unicode.Scripts[name], random(uint64(len(all)))))
	}
	return all
}

// words are of letters and marks of a script, from anywhere in its tables.
func words(t *unicode.RangeTable, r *rand.Rand) string {
	var runes []rune
	for _, x := range t.R16 {
		for c := rune(x.Lo); c <= rune(x.Hi); c += rune(x.Stride) {
			runes = append(runes, c)
		}
	}
	for _, x := range t.R32 {
		for c := rune(x.Lo); c <= rune(x.Hi); c += rune(x.Stride) {
			runes = append(runes, c)
		}
	}
	var b strings.Builder
	for n := range 24 {
		if n > 0 && r.IntN(5) == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(runes[r.IntN(len(runes))])
	}
	return b.String()
}
