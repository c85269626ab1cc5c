"""The sources: one module each, which declares what it delivers, listed here."""

from iae.loading.declaration import Source
from iae.loading.sources.asp_contrats_aides import ASP_CONTRATS_AIDES
from iae.loading.sources.asp_fluxiae import ASP_FLUXIAE
from iae.loading.sources.barometre import BAROMETRE
from iae.loading.sources.bpifrance_iti import BPIFRANCE_ITI
from iae.loading.sources.extrapro import EXTRAPRO
from iae.loading.sources.geiq import GEIQ

SOURCES: dict[str, Source] = {
    source.name: source
    for source in (ASP_FLUXIAE, ASP_CONTRATS_AIDES, EXTRAPRO, GEIQ, BPIFRANCE_ITI, BAROMETRE)
}
