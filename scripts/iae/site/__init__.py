"""Write the public page: one static folder, in French, that opens from disk with no network.

The only input is the published file (``warehouse/iae.duckdb``). The page holds its data inline,
because a browser refuses to fetch a file from a page opened from disk.
"""

from iae.site.build import SiteError, SiteSummary, build_site

__all__ = ["SiteError", "SiteSummary", "build_site"]
