"""Write the public page: one static folder, in French, that opens from disk with no network."""

from iae.site.build import SiteError, SiteSummary, build_site

__all__ = ["SiteError", "SiteSummary", "build_site"]
