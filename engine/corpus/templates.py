"""Sentence patterns, in groups by form and scheme; one in ten of each group is kept from training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from engine.corpus import splits


@dataclass(frozen=True)
class Template:
    """One pattern: ``{np0}`` noun phrase of layer 0, ``{n0}`` without article, ``{cl0}`` clause, ``{tail}`` and ``{ctail}`` what surrounds
    it (after nouns, after clauses), ``{bg}`` "in the background"; ``needs`` names what the scene must offer, ``core`` is never held out."""

    text: str
    weight: float = 1.0
    needs: str = ""
    core: bool = False


@dataclass(frozen=True)
class Group:
    """The patterns of one form and scheme, parted for training and for the phrasing test."""

    training: tuple[Template, ...]
    held_out: tuple[Template, ...]


_T = Template
TEMPLATES: Mapping[tuple[str, str], tuple[Template, ...]] = {
    ("tags", "one"): (
        _T("{n0}", 2, core=True), _T("{n0} sound", 0.3), _T("{n0} sfx", 0.3), _T("{n0} audio", 0.2), _T("sfx: {n0}", 0.2),
        _T("{n0} sound effect", 0.2), _T("{n0}, {items}", 9, "items", core=True), _T("{items}, {n0}", 4, "items", core=True),
        _T("{n0} ({items})", 1, "items"), _T("{n0} - {items}", 1, "items"), _T("{n0} sfx, {items}", 1, "items"),
        _T("{n0}: {items}", 1, "items"),
        _T("sfx: {n0}, {items}", 0.7, "items"), _T("{n0} sound, {items}", 1, "items"), _T("{n0} / {items}", 1, "items"),
        _T("{n0} sound effect, {items}", 0.7, "items"), _T("{n0}, {cry0}", 1, "cry"), _T("{cry0}, {n0}", 0.6, "cry"),
    ),
    ("tags", "over"): (
        _T("{n0}, {n1}{more}", 6, core=True), _T("{n0} with {n1}{more}", 2), _T("{n0} + {n1}{more}"), _T("{n1}, {n0}{more}", 2),
        _T("{n0}, {n1} in background{more}", 2), _T("{n0} over {n1}{more}", 2), _T("{n0} / {n1}{more}"), _T("{n0}, {n1} ambience{more}"),
        _T("{n1} background, {n0}{more}"), _T("{n0} & {n1}{more}"), _T("{n0}; {n1}{more}"),
    ),
    ("tags", "then"): (
        _T("{n0} then {n1}{more}", 5, core=True), _T("{n0}, then {n1}{more}", 3), _T("{n0} followed by {n1}{more}", 3),
        _T("{n0}, {n1}{more}", 1), _T("{n0} + {n1} after{more}"), _T("{n0} before {n1}{more}"), _T("{n0} > {n1}{more}", 0.6),
        _T("first {n0}, then {n1}{more}"), _T("{n1} after {n0}{more}"), _T("{n0}, after that {n1}{more}"),
    ),
    ("tags", "while"): (
        _T("{n0}, {n1}{more}", 4, core=True), _T("{n0} and {n1}{more}", 4), _T("{n0} + {n1}{more}"), _T("{n0} with {n1}{more}"),
        _T("{n0} & {n1}{more}"), _T("{n0} / {n1}{more}"), _T("{n0}, {n1} at once{more}"), _T("{n0} during {n1}{more}"),
        _T("{n1} plus {n0}{more}"), _T("{n0} mixed with {n1}{more}"),
    ),
    ("tags", "three_over"): (
        _T("{n0}, {n1}, {n2}{more}", 4, core=True), _T("{n0} and {n1} over {n2}{more}", 3), _T("{n0}, {n1} with {n2}{more}"),
        _T("{n0} + {n1} + {n2}{more}"), _T("{n2}, {n0}, {n1}{more}"), _T("{n0} and {n1}, {n2} in background{more}"),
        _T("{n2} background, {n0} and {n1}{more}"),
    ),
    ("tags", "three_in_a_row"): (
        _T("{n0} then {n1} then {n2}{more}", 4, core=True), _T("{n0}, {n1}, {n2}{more}", 2), _T("{n0}, then {n1}, finally {n2}{more}", 2),
        _T("first {n0}, then {n1}, then {n2}{more}"), _T("{n0} > {n1} > {n2}{more}", 0.6), _T("{n0}, {n1} and then {n2}{more}"),
        _T("{n0} followed by {n1} and {n2}{more}"),
    ),
    ("phrase", "one"): (
        _T("{np0}{tail}", 11, core=True), _T("the sound of {np0}{tail}", 2), _T("sound of {np0}{tail}"), _T("{n0} sound{tail}", 1.5),
        _T("{n0} sound effect{tail}"), _T("sound effect of {np0}{tail}"), _T("sfx: {n0}{tail}", 0.7), _T("audio of {np0}{tail}", 0.7),
        _T("the noise of {np0}{tail}", 0.6), _T("recording of {np0}{tail}", 1.5, "colour"), _T("a recording of {np0}{tail}", 2, "colour"),
        _T("close-up of {np0}{tail}", 2, "close"), _T("one-shot {n0}{tail}", 1, "single"), _T("{n0} loop{tail}", 0.7, "loop"),
        _T("{n0} ambience{tail}", 0.7, "loop"), _T("{np0}{tail}, {cry0}", 1, "cry"), _T("{np0} going {cry0}{tail}", 0.8, "cry"),
        _T("just {np0}{tail}", 0.5), _T("{np0}{tail}, nothing else", 0.3, "alone"), _T("{np0} for {seconds}{tail}", 4, "seconds"),
        _T("{seconds} of {n0}{tail}", 4, "seconds"), _T("{seconds} of {n0}, then silence", 2, "seconds"),
    ),
    ("phrase", "over"): (
        _T("{np0}{tail} with {np1} {bg}", 4, core=True), _T("{np0}{tail} over {np1}", 3, core=True), _T("{np0}{tail} and {np1}", 1.5),
        _T("{np0}{tail} while {cl1}", 2), _T("{np1}, and {np0}{tail}"), _T("{np0}{tail} against {np1}"), _T("{np1} behind {np0}{tail}"),
        _T("{np0}{tail} with {np1}", 2), _T("{np0} amid {np1}{tail}", 0.7), _T("{np0}{tail}, {np1} {bg}"),
        _T("{np1} {bg} of {np0}", 0.4, "plainbg"),
        _T("the sound of {np0}{tail} over {np1}"), _T("{np0}{tail} as {cl1}"),
    ),
    ("phrase", "then"): (
        _T("{np0} followed by {np1}{tail}", 5, core=True), _T("{np0}, then {np1}{tail}", 3), _T("{np0} then {np1}{tail}", 3),
        _T("{np0} and then {np1}{tail}", 2), _T("{np1} after {np0}{tail}", 1.5), _T("{np0} before {np1}{tail}", 1.5),
        _T("first {np0}, then {np1}{tail}", 2), _T("{np0}; after a pause {np1}{tail}", 2, "pause"),
        _T("{np0} fading into {np1}{tail}", 2, "overlap"),
        _T("{np0}, and after that {np1}{tail}"), _T("{np0} with {np1} right after it{tail}"), _T("the sound of {np0}, then {np1}{tail}"),
    ),
    ("phrase", "while"): (
        _T("{np0} and {np1}{tail}", 5, core=True), _T("{np0} while {cl1}{tail}", 2), _T("{np0} as {cl1}{tail}", 1.5),
        _T("{np0} mixed with {np1}{tail}", 1.5), _T("both {np0} and {np1}{tail}"), _T("{np1} during {np0}{tail}"),
        _T("{np0} together with {np1}{tail}", 1.5), _T("{np0} and {np1} at the same time{tail}", 1.5), _T("{np0} plus {np1}{tail}"),
        _T("the sound of {np0} and {np1}{tail}"),
    ),
    ("phrase", "three_over"): (
        _T("{np0} and {np1} over {np2}{tail}", 4, core=True), _T("{np0} and {np1} with {np2} {bg}{tail}", 3),
        _T("{np0}, {np1} and {np2}{tail}", 2),
        _T("{np0} with {np1}, {np2} {bg}{tail}"), _T("{np2} behind {np0} and {np1}{tail}"), _T("{np0} plus {np1} while {cl2}{tail}"),
        _T("{np0} and {np1} as {cl2}{tail}"), _T("{np0} then {np1} over {np2}{tail}", 2, "order"),
        _T("{np0} followed by {np1} with {np2} {bg}{tail}", 2, "order"),
    ),
    ("phrase", "three_in_a_row"): (
        _T("{np0}, then {np1}, finally {np2}{tail}", 4, core=True), _T("{np0} followed by {np1}, then {np2}{tail}", 2),
        _T("{np0}, then {np1}, then {np2}{tail}", 2), _T("first {np0}, then {np1}, and finally {np2}{tail}", 2),
        _T("{np0}, {np1} and then {np2}{tail}"), _T("{np0} before {np1} and {np2}{tail}"),
        _T("{np0}, after it {np1}, and {np2} at the end{tail}"),
    ),
    ("sentence", "one"): (
        _T("{cl0}{ctail}", 11, core=True), _T("there {is0} {np0}{tail}", 1.5), _T("you hear {np0}{tail}", 1.5),
        _T("you can hear {np0}{tail}"),
        _T("{np0} can be heard{tail}", 1.5), _T("the sound of {np0} can be heard{tail}"), _T("{np0} {is0} heard{tail}"),
        _T("we hear {np0}{tail}", 0.7),
        _T("{cl0}{ctail}: {cry0}", 1, "cry"), _T("{cry0}, {cl0}{ctail}", 0.7, "cry"), _T("a recording in which {cl0}{ctail}", 2, "colour"),
        _T("this is the sound of {np0}{tail}", 0.7), _T("{cl0} for {seconds}{ctail}", 3, "seconds"),
        _T("{cl0}{ctail}, and nothing else", 0.3, "alone"),
    ),
    ("sentence", "over"): (
        _T("{cl0}{ctail} while {cl1}", 6, core=True), _T("{cl0}{ctail} as {cl1}", 2.5), _T("{cl0}{ctail} with {np1} {bg}", 3),
        _T("{cl0}{ctail} over {np1}", 1.5), _T("{cl1} while {cl0}{ctail}"), _T("against {np1}, {cl0}{ctail}"),
        _T("{np0}{tail} can be heard over {np1}"), _T("{cl0}{ctail}, and {bg} {cl1}", 1.5, "plainbg"), _T("{cl1}, and {cl0}{ctail}"),
        _T("there {is0} {np0}{tail} over {np1}"), _T("you hear {np0}{tail} while {cl1}"), _T("with {np1} {bg}, {cl0}{ctail}"),
    ),
    ("sentence", "then"): (
        _T("{cl0}, then {cl1}{ctail}", 5, core=True), _T("{cl0} and then {cl1}{ctail}", 3), _T("first {cl0}, then {cl1}{ctail}", 2.5),
        _T("{cl0} before {cl1}{ctail}", 1.5), _T("{cl1} after {np0}{ctail}", 1.5), _T("{cl0}, followed by {np1}{tail}", 2.5),
        _T("{cl0}; after a pause {cl1}{ctail}", 2, "pause"), _T("after {np0}, {cl1}{ctail}", 1.5),
        _T("{np0} {is0} followed by {np1}{tail}", 1.5),
        _T("{cl0}, after which {cl1}{ctail}"), _T("{cl0}, and a moment later {cl1}{ctail}", 1, "pause"),
        _T("you hear {np0} and then {np1}{tail}"),
    ),
    ("sentence", "while"): (
        _T("{cl0} while {cl1}{ctail}", 5, core=True), _T("{cl0} as {cl1}{ctail}", 3), _T("{cl0} and {cl1}{ctail}", 3),
        _T("{cl0} and at the same time {cl1}{ctail}", 1.5), _T("{np0} and {np1} can be heard together{tail}", 1.5),
        _T("you hear both {np0} and {np1}{tail}"), _T("while {cl0}, {cl1}{ctail}"), _T("{cl0} during {np1}{tail}"),
        _T("{cl0}, mixed with {np1}{tail}"), _T("{cl0} together with {np1}{tail}"),
    ),
    ("sentence", "three_over"): (
        _T("{cl0} and {cl1} while {cl2}{ctail}", 4, core=True), _T("{cl0} and {cl1} with {np2} {bg}{ctail}", 3),
        _T("{np0} and {np1} can be heard over {np2}{tail}"), _T("over {np2}, {cl0} and {cl1}{ctail}"),
        _T("while {cl2}, {cl0} and {cl1}{ctail}", 1.5),
        _T("{cl0}, {cl1}, and {cl2}{ctail}"), _T("{cl0} and {cl1} as {cl2}{ctail}"),
        _T("{cl0}, then {cl1}, while {cl2}{ctail}", 2, "order"), _T("{cl0} and then {cl1} over {np2}{tail}", 2, "order"),
    ),
    ("sentence", "three_in_a_row"): (
        _T("{cl0}, then {cl1}, and finally {cl2}{ctail}", 4, core=True), _T("first {cl0}, then {cl1}, then {cl2}{ctail}", 2),
        _T("{cl0}, followed by {np1} and {np2}{tail}", 2), _T("{cl0}, {cl1}, and then {cl2}{ctail}"),
        _T("after {np0} and {np1}, {cl2}{ctail}"),
        _T("{np0} {is0} followed by {np1} and finally {np2}{tail}"), _T("{cl0}, after that {cl1}, and in the end {cl2}{ctail}"),
    ),
    ("rich", "one"): (
        _T("{cl0}{ctail}. it sounds {predicate}.", 4, "predicate", core=True), _T("{cl0}{ctail}.", 2, core=True),
        _T("the sound of {np0}{tail}. {cl0}.", 1.5), _T("{np0}{tail}. the sound is {predicate}.", 1.5, "predicate"),
        _T("you hear {np0}{tail}. it is {predicate}.", 1, "predicate"), _T("{cl0}{ctail}, a sound that is {predicate}.", 1, "predicate"),
        _T("{cl0}{ctail}. {cry0}!", 1, "cry"), _T("a recording of {np0}{tail}. {cl0}.", 2, "colour"), _T("this is {np0}{tail}. {cl0}."),
        _T("in this sound {cl0}{ctail}."), _T("{cl0}{ctail}; the sound is {predicate}.", 1, "predicate"),
    ),
    ("rich", "over"): (
        _T("{cl0}{ctail}. {bg} {cl1}.", 3, "plainbg"), _T("{cl0}{ctail} while {cl1}.", 3, core=True),
        _T("{cl1}. over it {cl0}{ctail}.", 1.5),
        _T("{cl0}{ctail}, and all the while {cl1}."), _T("there {is1} {np1} {bg}. {cl0}{ctail}.", 1.5),
        _T("you hear {np0}{tail}. at the same time {cl1}."),
        _T("{np0}{tail} in front, {np1} {bg}."), _T("the scene: {np1}. {cl0}{ctail}.", 0.6),
    ),
    ("rich", "then"): (
        _T("first {cl0}. then {cl1}{ctail}.", 4, core=True), _T("{cl0}. after that {cl1}{ctail}.", 2),
        _T("it begins with {np0}. then {cl1}{ctail}.", 2),
        _T("{cl0}. a moment later {cl1}{ctail}.", 2, "pause"), _T("{np0} and then {np1}{tail}. first {cl0}, afterwards {cl1}."),
        _T("to begin with {cl0}, and when that is over {cl1}{ctail}."), _T("{cl0}. next {cl1}{ctail}."),
    ),
    ("rich", "while"): (
        _T("{cl0}. at the same time {cl1}{ctail}.", 4, core=True), _T("{cl0} and {cl1}, both together{ctail}.", 2),
        _T("{cl0} while {cl1}{ctail}.", 2),
        _T("two sounds at once{tail}: {np0} and {np1}.", 1.5), _T("{cl0}{ctail}. meanwhile {cl1}.", 1.5),
        _T("you hear {np0}, and along with it {np1}{tail}."),
        _T("{cl1}. together with that {cl0}{ctail}."),
    ),
    ("rich", "three_over"): (
        _T("first {cl0}, then {cl1}{ctail}. all the while {cl2}.", 2, "order"),
        _T("{cl2}. over it first {cl0}, then {cl1}{ctail}.", 2, "order"),
        _T("{cl0} and {cl1}{ctail}. all the while {cl2}.", 3, core=True), _T("{cl2}. over it {cl0} and {cl1}{ctail}.", 2),
        _T("there {is2} {np2} {bg}. {cl0} and {cl1}{ctail}.", 2), _T("three sounds{tail}: {np0}, {np1} and, {bg}, {np2}."),
        _T("{cl0}{ctail}. {cl1} too, and {bg} there {is2} {np2}."), _T("{cl0}. {cl1}. meanwhile {cl2}{ctail}."),
    ),
    ("rich", "three_in_a_row"): (
        _T("first {cl0}. then {cl1}. finally {cl2}{ctail}.", 4, core=True), _T("{cl0}, then {cl1}. in the end {cl2}{ctail}.", 2),
        _T("it begins with {np0}. then {cl1}, and finally {cl2}{ctail}.", 2), _T("{cl0}. after that {cl1}, and last of all {cl2}{ctail}."),
        _T("three sounds in a row{tail}: {np0}, {np1}, {np2}."), _T("{cl0}. next {cl1}. the last sound is {np2}{tail}."),
    ),
}  # fmt: skip


@cache
def group(form: str, scheme: str) -> Group:
    """Patterns of a form and scheme, parted."""
    templates = TEMPLATES[form, scheme]
    always = [template.text for template in templates if not template.core and not template.needs]
    sometimes = [template.text for template in templates if not template.core and template.needs]
    # Parted separately, so that a held-out pattern exists for every scene.
    held = splits.held_out_templates(always) | splits.held_out_templates(sometimes)
    return Group(
        training=tuple(template for template in templates if template.text not in held),
        held_out=tuple(template for template in templates if template.text in held),
    )
