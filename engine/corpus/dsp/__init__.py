"""Building blocks of the recipes: sources, filters, envelopes, events, bodies, voices, machines."""

from engine.corpus.dsp.bodies import MATERIALS, RATIOS, bubbles, comb, hall, modes, pluck, ring, struck
from engine.corpus.dsp.envelopes import adsr, count, db, decay, fade, hump, points, rms, unit
from engine.corpus.dsp.events import bouncing, capped_sizes, groups, impulses, jittered, log_uniform, place, poisson, spaced, train
from engine.corpus.dsp.filters import (
    bandpass,
    drive,
    highpass,
    lowpass,
    resonator,
    resonators,
    varying_highpass,
    varying_lowpass,
    varying_resonator,
)
from engine.corpus.dsp.machines import blast, doppler_pass, engine_pulses, grain_noise, stick_slip, thump
from engine.corpus.dsp.music import CHORDS, bar_times, melody, sawteeth, transposed, wavetable
from engine.corpus.dsp.noise import brown, coloured, pink, slow, spread, white
from engine.corpus.dsp.oscillators import fm, glide, harmonics, phase, saw, sine, square, triangle, vibrato
from engine.corpus.dsp.voices import VOWELS, babble, formants, fricative, glottal
