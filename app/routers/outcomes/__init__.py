"""Outcomes: the notice board, its postings and their posters, and publishing at the desk."""

from fastapi import APIRouter

from app.routers.outcomes import board, desk

router = APIRouter()
router.include_router(board.router)
router.include_router(desk.router)
