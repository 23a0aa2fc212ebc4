"""The shop at /, and its style sheets: served by Django itself, since no web server stands in front."""

from django.apps import apps
from django.contrib.staticfiles.views import serve
from django.urls import include, path

urlpatterns = [
    path("static/<path:path>", serve, {"insecure": True}),
    path("", include(apps.get_app_config("oscar").urls[0])),
]
