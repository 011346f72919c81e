#!/usr/bin/env python3
"""Writes the forms of the most frequent lemmas of English, Ukrainian and Russian, from others' dictionaries.

    python3 benches/forms/forms.py DIR [LEMMAS]
    cargo bench -p benches --bench compare -- forms DIR

Installs what it needs into DIR/python: pymorphy3 with its Ukrainian and Russian dictionaries (MIT; OpenCorpora, CC BY-SA;
VESUM, CC BY-NC-SA), lemminflect (MIT) and wordfreq (Apache-2.0; its lists, CC BY-SA). Nothing of them becomes part of this project.

One line a form: the form, its frequency (at least one in a thousand million), and the lemmas that have it; those of the LEMMAS most
frequent ones (default: 2500) with a star and with how much of the frequency is theirs: what several lemmas share is divided as those
forms are that one alone has (expectation maximisation). A lemma is its dictionary form with its part of speech; participles and
gerunds belong to their verb, comparatives and superlatives to their adjective; a reflexive verb is a word of its own.
"""

import os
import subprocess
import sys
import venv
from collections import defaultdict

NEEDS = ["pymorphy3==2.0.6", "pymorphy3-dicts-ru", "pymorphy3-dicts-uk", "lemminflect==0.2.3", "wordfreq==3.1.1"]
# Words looked through for lemmas, by frequency.
WORDS = 60_000
RAREST = 1e-9
# Rounds in which shares settle.
ROUNDS = 12
# Parts of speech with forms, by what their words are counted as.
SLAVIC = {
    "NOUN": "n", "ADJF": "a", "ADJS": "a", "COMP": "a", "VERB": "v", "INFN": "v", "PRTF": "v", "PRTS": "v", "GRND": "v",
    "NUMR": "m", "NPRO": "p",
}
# Forms that no living text has, or names: these are another matter.
NOT = {"Arch", "Erro", "Dist", "Abbr", "Infr", "Slng", "Name", "Surn", "Patr", "Geox", "Orgn", "Trad", "Fixd"}


def slavic(language):
    """The lemmas of a form, and the forms of a lemma, by a dictionary of lexemes."""
    import pymorphy3

    morph = pymorphy3.MorphAnalyzer(lang=language)
    lexemes = {}

    def usual(parse):
        return parse.tag.POS in SLAVIC and parse.is_known and not NOT & set(str(parse.tag).replace(",", " ").split())

    def of(form):
        found = set()
        for parse in morph.parse(form):
            if usual(parse):
                lemma = f"{parse.normal_form.replace(' ', '_')}/{SLAVIC[parse.tag.POS]}"
                found.add(lemma)
                lexemes.setdefault(lemma, parse)
        return found

    return of, lambda lemma: {form.word for form in lexemes[lemma].lexeme if usual(form)}


def english():
    """The same of English, by rules and lists of exceptions."""
    import lemminflect

    parts = {"NOUN": "n", "VERB": "v", "ADJ": "a"}

    def of(form):
        found = lemminflect.getAllLemmas(form).items()
        return {f"{lemma}/{parts[part]}" for part, all in found if part in parts for lemma in all}

    def forms(lemma):
        text, part = lemma.rsplit("/", 1)
        inflected = lemminflect.getAllInflections(text, upos=next(name for name in parts if parts[name] == part))
        return {text} | {form for all in inflected.values() for form in all}

    return of, forms


def table(language, lemmas):
    """Forms, each with its lemmas; the chosen lemmas, each with its share of each form."""
    import wordfreq

    of, forms_of = english() if language == "en" else slavic(language)
    words = [word for word in wordfreq.top_n_list(language, WORDS) if is_word(word)]
    frequency = {word: wordfreq.word_frequency(word, language) for word in words}
    lemmas_of = {word: of(word) for word in words}
    weight = {lemma: 1.0 for found in lemmas_of.values() for lemma in found}
    for _ in range(ROUNDS):
        divided = defaultdict(float)
        for word, found in lemmas_of.items():
            total = sum(weight[lemma] for lemma in found)
            for lemma in found:
                divided[lemma] += frequency[word] * weight[lemma] / max(total, 1e-15)
        weight = divided
    forms, chosen = defaultdict(dict), 0
    for lemma in sorted(weight, key=lambda lemma: (-weight[lemma], lemma)):
        own = {form for form in forms_of(lemma) if is_word(form)}
        if chosen == lemmas:
            break
        if len(own) < 2 or len(lemma) < 4:
            continue
        chosen += 1
        for form in own:
            known = {other for other in of(form) | {lemma} if other in weight}
            share = weight[lemma] / sum(weight[other] for other in known)
            forms[form]["*" + lemma] = max(wordfreq.word_frequency(form, language) * share, RAREST)
    return {form: (wordfreq.word_frequency(form, language), own, of(form)) for form, own in forms.items()}


def is_word(text):
    return all(letter.isalpha() or letter in "'’" for letter in text) and text.islower()


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    out, lemmas = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 2500
    python = os.path.join(out, "python", "bin", "python3")
    if os.path.realpath(sys.prefix) != os.path.realpath(os.path.join(out, "python")):
        os.makedirs(out, exist_ok=True)
        venv.create(os.path.join(out, "python"), with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *NEEDS], check=True)
        sys.exit(subprocess.run([python, __file__, *sys.argv[1:]]).returncode)
    for language in ("en", "uk", "ru"):
        forms = table(language, lemmas)
        with open(os.path.join(out, f"{language}.tsv"), "w", encoding="utf-8") as file:
            for form, (frequency, own, all) in sorted(forms.items()):
                names = [f"{lemma}={share:.3g}" for lemma, share in sorted(own.items())]
                names += sorted(all - {lemma[1:] for lemma in own})
                file.write(f"{form}\t{max(frequency, RAREST):.3g}\t{' '.join(names)}\n")
        print(f"{language}: {len(forms)} forms of {lemmas} lemmas", file=sys.stderr)


main()
