"""Maintenance: places, parties, work orders and their clocks, upkeep, fees, and the clients of Open311."""

from app.models.maintenance import clients, clocks, fees, orders, parties, photos, places, upkeep

__all__ = ["clients", "clocks", "fees", "orders", "parties", "photos", "places", "upkeep"]
