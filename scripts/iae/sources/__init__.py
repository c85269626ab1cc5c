"""The sources: one module each, which declares what it delivers, listed here."""

from __future__ import annotations

from iae.source import Source
from iae.sources.asp_contrats_aides import ASP_CONTRATS_AIDES
from iae.sources.asp_fluxiae import ASP_FLUXIAE
from iae.sources.barometre import BAROMETRE
from iae.sources.bpifrance_iti import BPIFRANCE_ITI
from iae.sources.extrapro import EXTRAPRO
from iae.sources.geiq import GEIQ

SOURCES: dict[str, Source] = {
    source.name: source
    for source in (ASP_FLUXIAE, ASP_CONTRATS_AIDES, EXTRAPRO, GEIQ, BPIFRANCE_ITI, BAROMETRE)
}
