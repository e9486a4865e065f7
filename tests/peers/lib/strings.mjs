// Strings to tokenize: everything that text can be, from a seed, always the same.

// Mulberry32: 32 bits of state, good enough and the same everywhere.
export class Random {
  constructor(seed) { this.state = seed >>> 0; }

  next() {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  int(low, high) { return low + Math.floor(this.next() * (high - low + 1)); }
  pick(list) { return list[this.int(0, list.length - 1)]; }
  chance(p) { return this.next() < p; }
  times(low, high, make) { return Array.from({ length: this.int(low, high) }, () => make()); }
}

const SENTENCES = [
  "The quick brown fox jumps over the lazy dog; it wasn't amused, and they'd have told you so.",
  "I'LL SAY IT AGAIN: WE'RE NOT DONE, THEY'VE LEFT, SHE'D KNOW, I'M SURE, IT'S 5 O'CLOCK, CAN'T!",
  'Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich; Straßenbahnhaltestellenschild.',
  'Le cœur déçu mais l’âme plutôt naïve, Louÿs rêva de crapaüter en canoë au-delà des îles.',
  'El pingüino Wenceslao hizo kilómetros bajo exhaustiva lluvia y frío, ¿añoraba a su querido cachorro?',
  'Um pequeno jabuti xereta viu dez cegonhas felizes; não há coração que não saiba português.',
  'Pchnąć w tę łódź jeża lub ośm skrzyń fig. Příliš žluťoučký kůň úpěl ďábelské ódy.',
  'Pijamalı hasta yağız şoföre çabucak güvendi. İstanbul, IĞDIR, ılık ve ğ.',
  'Съешь же ещё этих мягких французских булок, да выпей чаю. Щастя, їжак, ґанок, ў.',
  'Ξεσκεπάζω την ψυχοφθόρα βδελυγμία. Τα ἀρχαῖα ἑλληνικὰ εἶναι δύσκολα.',
  'עטלף אבק נס דרך מזגן שהתפוצץ כי חם. שָׁלוֹם עֲלֵיכֶם',
  'نص حكيم له سر قاطع وذو شأن عظيم. السَّلَامُ عَلَيْكُمْ وَرَحْمَةُ ٱللَّٰهِ ١٢٣٤',
  'ऋषियों को सताने वाले दुष्ट राक्षसों के राजा रावण का सर्वनाश करने वाले। क्षत्रिय ज्ञान १२३',
  'আমি বাংলায় গান গাই, আমি বাংলার গান গাই। সংখ্যা ৪৫৬',
  'யாமறிந்த மொழிகளிலே தமிழ்மொழி போல் இனிதாவது எங்கும் காணோம். ௧௨௩',
  'తెలుగు భాష చాలా అందమైనది, ಕನ್ನಡ ಭಾಷೆ, മലയാളം ഭാഷ, ગુજરાતી, ਪੰਜਾਬੀ, ଓଡ଼ିଆ, සිංහල',
  'เป็นมนุษย์สุดประเสริฐเลิศคุณค่า กว่าบรรดาฝูงสัตว์เดรัจฉาน ๑๒๓',
  'ພາສາລາວ ងាយស្រួលទេ ភាសាខ្មែរ မြန်မာဘာသာစကား བོད་སྐད།',
  'ქართული ენა, Հայերեն լեզու, አማርኛ ቋንቋ, ᏣᎳᎩ ᎦᏬᏂᎯᏍᏗ, ᐃᓄᒃᑎᑐᑦ',
  '天地玄黃，宇宙洪荒。日月盈昃，辰宿列張。你好，世界！今天是2024年12月31日。',
  '我能吞下玻璃而不伤身体。「引号」——破折号……省略号《书名》',
  'いろはにほへと ちりぬるを わかよたれそ つねならむ。カタカナ、ﾊﾝｶｸ、東京都庁へ行きましょう！',
  '키스의 고유조건은 입술끼리 만나야 하고 특별한 기술은 필요치 않다. 한글 ㄱㄴㄷ ᄒᆞᆫ글',
  'Tiếng Việt: Con sói nâu nhảy qua con chó lười biếng. Đặng Thị Ngọc Thịnh',
  'ᠮᠣᠩᠭᠣᠯ ᠪᠢᠴᠢᠭ, ܠܫܢܐ ܣܘܪܝܝܐ, ދިވެހި, ⵜⴰⵎⴰⵣⵉⵖⵜ, ꦧꦱꦗꦮ, ߒߞߏ, 𐌰𐌱𐌲 𐍈, 𓀀𓁐𓃭',
  'Sphinx of black quartz, judge my vow… “quoted” ‘single’ — em–en-dash ‑ ‒ ― ‖ † ‡ • ‰ ′ ″',
];

const CODE = [
  '#include <stdio.h>\nint main(void) {\n\tprintf("%d\\n", 42);\n\treturn 0;\n}\n',
  'template <typename T>\nconstexpr auto f(T&& x) noexcept -> decltype(auto) { return std::forward<T>(x); }\r\n',
  'def fib(n: int) -> int:\n    """Docstring."""\n    return n if n < 2 else fib(n - 1) + fib(n - 2)\n\n\n',
  'async function* gen({a, b = 1, ...rest}) { for await (const x of rest?.y ?? []) yield `${a}-${x}`; }',
  'fn main() -> Result<(), Box<dyn Error>> { let v: Vec<_> = (0..10).map(|x| x * x).collect(); Ok(()) }',
  'package main\n\nimport "fmt"\n\nfunc main() {\n\tfmt.Println("Hello, 世界")\n}\n',
  "SELECT u.id, COUNT(*) AS n FROM users u LEFT JOIN orders o ON o.user_id = u.id WHERE u.name LIKE '%o''b%' GROUP BY 1;",
  '<!DOCTYPE html>\n<html lang="en"><body class="a b"><p>x &amp; y</p><!-- c --></body></html>',
  '{"key": [1, 2.5e-10, null, true], "nested": {"a\\u0041": "\\"q\\""}}',
  '#!/bin/bash\nfor f in "${files[@]}"; do\n  grep -rn "x$" "$f" | awk \'{print $1}\' >> out.txt 2>&1 || exit 1\ndone',
  'main:\n        mov     eax, DWORD PTR [rbp-4]\n        add     eax, 0x7f\n        ret\n',
  '\\documentclass{article}\\begin{document}$\\sum_{i=0}^{\\infty} x_i^2 \\leq \\frac{1}{2}$\\end{document}',
  'key: value\nlist:\n  - a\n  - "b: c"\n  - |\n    multi\n      line\n...\n',
  'module M where\nimport qualified Data.Map as M\nf :: Int -> Maybe a -> [a]\nf n = foldr (\\x xs -> x : xs) []\n',
  'public static void main(String[] args) throws IOException { int[] xs = {1,2,3}; xs[0] += 1 << 3; }',
  'diff --git a/x b/x\n@@ -1,3 +1,3 @@\n-old line\n+new line\n \n',
  '| a | b |\n|---|:-:|\n| 1 | **bold** _it_ `code` |\n\n- [ ] todo\n1. one\n\n```py\nx=1\n```\n',
  'user@host:~/src$ cat /etc/passwd | sed -e "s/:.*//" && echo done # comment',
  'https://example.com/path/to?q=a+b&x=%20#frag mailto:a.b+c@d-e.org C:\\Users\\me\\file.txt ../rel/./p',
];

const EMOJI = [
  '😀', '🚀', '👍🏽', '👨‍👩‍👧‍👦', '🏳️‍🌈', '🏴󠁧󠁢󠁥󠁮󠁧󠁿', '🇩🇪', '🇺🇳', '1️⃣', '#️⃣', '❤️', '❤', '☺︎', '👩🏾‍🚀', '🧑‍🤝‍🧑', '🫠', '🩷', '🪿', '🫨',
  '🇦', '🏽', '\u200d', '\ufe0f', '\u20e3', '🀄', '🃏', '©', '™', '⏰', '⬛', '〰️', '🈁', '🉑', '♾️', '🕵️‍♂️', '𝔘𝔫𝔦', '𝟙𝟚𝟛', '🄰🅱',
];

const SPACES = [
  ' ', '  ', '   ', '    ', '\t', '\t\t', '\n', '\n\n', '\n\n\n', '\r', '\r\n', '\r\n\r\n', '\v', '\f', '\u0085', '\u00a0',
  '\u1680', '\u2000', '\u2003', '\u2009', '\u200a', '\u2028', '\u2029', '\u202f', '\u205f', '\u3000', '\u200b', '\u2060',
  '\ufeff', '\u180e', ' \n', '\n ', ' \t', '\u00a0 ', ' \u00a0', '\u3000\n', ' \r\n ', '\n\t', '\u2028 ',
];

const CONTRACTIONS = [
  "'s", "'S", "'t", "'T", "'re", "'RE", "'Re", "'rE", "'ve", "'VE", "'m", "'M", "'ll", "'LL", "'lL", "'d", "'D", "'\u017f", "'x",
  "'", "''", "’s", "`s", "'s's", "'sé", "'tis", "'llama", "'de", "don't", "I'm", "we'll", "y'all'd've", "'\u212a", "'1", "' s", "'r", "'l",
];

const DIGITS = ['0', '1', '7', '9', '٣', '۴', '५', '৬', '๗', '０', '９', '𝟘', '²', '½', 'Ⅷ', '①', '〇', '𐄇', '፩', '௰'];

// First and last code points of Unicode 15.0 and 15.1, which some regular expression engines do not
// know yet, and neighbours of theirs.
const NEW = [
  0x0cf3, 0x0cf4, 0x0ece, 0x0ecf, 0x180d, 0x180e, 0x180f, 0x2ffb, 0x2ffc, 0x2fff, 0x31ef, 0x31f0, 0x10efc, 0x10efd, 0x10eff, 0x1123e,
  0x1123f, 0x11240, 0x11241, 0x11242, 0x11b00, 0x11b09, 0x11f00, 0x11f02, 0x11f03, 0x11f04, 0x11f10, 0x11f11, 0x11f12, 0x11f33,
  0x11f34, 0x11f3a, 0x11f3b, 0x11f3e, 0x11f42, 0x11f43, 0x11f4f, 0x11f50, 0x11f59, 0x11f5a, 0x1342f, 0x13430, 0x13440, 0x13441,
  0x13446, 0x13447, 0x13455, 0x13456, 0x1b132, 0x1b155, 0x1d2c0, 0x1d2d3, 0x1d2d4, 0x1df25, 0x1df2a, 0x1e030, 0x1e06d, 0x1e08f,
  0x1e4d0, 0x1e4eb, 0x1e4ec, 0x1e4ef, 0x1e4f0, 0x1e4f9, 0x1f6dc, 0x1f774, 0x1f776, 0x1f77b, 0x1f77f, 0x1f7d9, 0x1fa75, 0x1fa77,
  0x1fa87, 0x1fa88, 0x1faad, 0x1faaf, 0x1fabb, 0x1fabd, 0x1fabf, 0x1face, 0x1facf, 0x1fada, 0x1fadb, 0x1fae8, 0x1faf7, 0x1faf8,
  0x2b739, 0x2b73a, 0x2ebf0, 0x2ee5d, 0x2ee5e, 0x31350, 0x323af, 0x323b0,
];

const slice = (random, text) => {
  const characters = Array.from(text);
  const from = random.int(0, characters.length - 1);
  return characters.slice(from, from + random.int(1, 60)).join('');
};

const isSurrogate = (c) => c >= 0xd800 && c <= 0xdfff;

function anyCodePoint(random) {
  const range = random.pick([
    [0x00, 0x7f], [0x80, 0x24f], [0x250, 0x6ff], [0x700, 0xfff], [0x1000, 0x1fff], [0x2000, 0x2fff], [0x3000, 0x33ff],
    [0x3400, 0x9fff], [0xa000, 0xd7ff], [0xe000, 0xffff], [0x10000, 0x107ff], [0x10800, 0x11fff], [0x12000, 0x1bfff],
    [0x1c000, 0x1ffff], [0x20000, 0x33fff], [0xe0000, 0xe01ff], [0xf0000, 0x10ffff],
  ]);
  const c = random.int(...range);
  return isSurrogate(c) ? 'x' : String.fromCodePoint(c);
}

const WORDS = ['hello', 'World', 'foo_bar', 'x1', 'naïve', 'Straße', 'мир', '你好', 'テスト', '123', '3.14', 'a', 'I', '—', '!?', '...', '()', '{};', '=>', '$x'];

// Each kind of string: a function of (random, special token texts).
const KINDS = {
  sentence: (r) => slice(r, r.pick(SENTENCES)),
  languages: (r) => r.times(1, 4, () => slice(r, r.pick(SENTENCES))).join(r.pick([' ', '', '\n', ' / '])),
  code: (r) => slice(r, r.pick(CODE)),
  wholeCode: (r) => r.times(1, 3, () => r.pick(CODE)).join(r.pick(['\n', '\n\n', ''])),
  indented: (r) => r.times(1, 6, () => ' '.repeat(r.int(0, 20)) + '\t'.repeat(r.int(0, 3)) + r.pick(WORDS)).join(r.pick(['\n', '\r\n', '\n\n'])),
  emoji: (r) => r.times(1, 8, () => r.pick(EMOJI) + (r.chance(0.3) ? r.pick(WORDS) : '')).join(r.pick(['', '', ' '])),
  marks: (r) => r.times(1, 12, () => r.pick(['a', 'e', 'o', 'Z', 'ا', 'क', 'ก', '가', ' ', '1', '.', ''])
    + r.times(0, 6, () => String.fromCodePoint(r.pick([r.int(0x300, 0x36f), r.int(0x483, 0x489), r.int(0x591, 0x5bd), r.int(0x64b, 0x65f), 0x93c, 0x94d, 0xe31, 0x20dd, 0x3099, 0xfe0f, 0x1d165]))).join('')).join(''),
  spaces: (r) => r.times(1, 8, () => r.pick(SPACES).repeat(r.chance(0.2) ? r.int(1, 40) : 1)
    + (r.chance(0.5) ? r.pick(WORDS) : '')).join(''),
  controls: (r) => r.times(1, 12, () => (r.chance(0.6) ? String.fromCharCode(r.pick([r.int(0, 0x1f), r.int(0x7f, 0x9f), 0])) : r.pick(WORDS))).join(''),
  contractions: (r) => r.times(1, 5, () => r.pick(['', 'it', 'IT', 'we ', ' ', 'é', '5', '!']) + r.pick(CONTRACTIONS)).join(r.pick(['', ' ', '\n'])),
  numbers: (r) => r.times(1, 5, () => r.times(1, 12, () => r.pick(r.chance(0.7) ? DIGITS.slice(0, 4) : DIGITS)).join('')).join(r.pick([' ', '.', ',', '-', ':', 'e', '', 'x'])),
  special: (r, special) => r.times(1, 5, () => r.pick(['', ' ', '\n', 'text', 'Hello ', ' world', '<', '|', '>'])
    + r.pick(special) + r.pick(['', '', ' ', '  ', '\n', 'user\n'])).join(''),
  brokenSpecial: (r, special) => r.times(1, 4, () => {
    const text = r.pick(special);
    const at = r.int(0, text.length);
    return r.pick([text.slice(0, at), text.slice(at), text.slice(0, at) + r.pick(special) + text.slice(at), text.toUpperCase(), text.slice(0, at) + ' ' + text.slice(at)]);
  }).join(r.pick(['', ' ', 'a'])),
  chat: (r, special) => r.times(1, 4, () => r.pick(special) + r.pick(['system', 'user', 'assistant']) + '\n' + slice(r, r.pick(SENTENCES)) + r.pick(special) + '\n').join(''),
  anything: (r) => r.times(1, 30, () => anyCodePoint(r)).join(''),
  newCharacters: (r) => r.times(1, 8, () => String.fromCodePoint(r.pick(NEW)) + (r.chance(0.5) ? r.pick(['a', ' ', '1', '.', '\n', 'é', '字'])  : '')).join(''),
  punctuation: (r) => r.times(1, 20, () => r.pick([...'!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~', '。', '，', '—', '«', '€', '±', '→', ' ', 'a', '\n'])).join(''),
  mixture: (r) => r.times(2, 8, () => r.pick([r.pick(WORDS), r.pick(SPACES), r.pick(EMOJI), r.pick(CONTRACTIONS), r.pick(DIGITS), slice(r, r.pick(SENTENCES)), slice(r, r.pick(CODE)), anyCodePoint(r)])).join(''),
  underlined: (r) => r.times(1, 5, () => r.pick(['▁', '▁▁', 'a▁b', '<0x0A>', '<s>', '</s>', '<unk>', '<0xzz>', 'Ġ', 'Ċ', 'ĠĠ', ' ▁ ']) + r.pick(['', ' ', 'x'])).join(''),
  long: (r) => r.pick(['a', ' ', '\n', '1', '字', 'é', '-', '\u00a0', '😀', '\t', 'ab', 'a ', '\r\n', "'s", 'Aa1', '\u0301']).repeat(r.int(100, 700)) + r.pick(['', 'x', ' ', '\n']),
};

// `count` strings, every kind in turn; [{kind, text}]. All are well-formed Unicode.
export function makeStrings(count, seed, special) {
  const random = new Random(seed);
  const kinds = Object.entries(KINDS);
  return Array.from({ length: count }, (_, i) => {
    const [kind, make] = kinds[i % kinds.length];
    return { kind, text: make(random, special) };
  });
}

// Single lines of `size` characters. One character over and over is the hardest for a tokenizer.
export function makeLongLines(size) {
  const line = (unit) => unit.repeat(Math.ceil(size / unit.length)).slice(0, size);
  return ['a', ' ', '\n', '7', '字', '.', 'the quick brown fox ', 'x=1;', '\t'].map((unit) => ({ kind: 'line', text: line(unit) }));
}

// A lead byte and continuation bytes that spell a number above U+10FFFF: llama.cpp ends the process
// there, so it cannot be asked.
function spellsTooMuch(bytes) {
  return bytes.some((lead, i) => lead >= 0xf4 && lead <= 0xf7 && (lead > 0xf4 || bytes[i + 1] >= 0x90)
    && [1, 2, 3].every((k) => (bytes[i + k] & 0xc0) === 0x80));
}

// `count` byte strings that are mostly no UTF-8.
export function makeBytes(count, seed, special) {
  const random = new Random(seed);
  const strings = makeStrings(count, seed + 1, special);
  const odd = ['ff', 'c080', 'c1bf', 'e08080', 'eda080', 'edbfbf', 'f0808080', 'f48fbfbf', 'c3', 'e282', 'f09f98', '80', 'bf', 'fe', 'f8808080', 'efbfbe', 'efbbbf', 'eda0bdedb880'];
  const result = [];
  for (let i = 0; result.length < count; i = (i + 1) % count) {
    const bytes = [...Buffer.from(strings[i].text, 'utf8')].slice(0, 2000);
    for (let n = random.int(1, 6); n > 0; --n) {
      const at = random.int(0, bytes.length);
      const change = random.int(0, 3);
      if (change === 0) bytes[Math.min(at, bytes.length - 1)] = random.int(0, 255);
      if (change === 1) bytes.splice(at, random.int(1, 3));
      if (change === 2) bytes.splice(at, 0, ...Buffer.from(random.pick(odd), 'hex'));
      if (change === 3) bytes.splice(at, 0, ...random.times(1, 4, () => random.int(0x80, 0xff)));
    }
    if (bytes.length > 0 && !spellsTooMuch(bytes)) result.push(Buffer.from(bytes));
  }
  return result;
}
