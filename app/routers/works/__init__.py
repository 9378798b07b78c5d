"""Works: projects and their tasks, for residents and for those who settle them."""

from app.routers.works import desk, projects

ROUTERS = (projects.router, desk.router)
