"""`/api/v1`: what a passer-by may read on the pages, as JSON for programs; see docs/api.md."""

from app.routers.api.building import ROOT, ROUTERS, build

__all__ = ["ROOT", "ROUTERS", "build"]
