"""The one address that Copper calls."""

from deals.views import hook
from django.urls import path

urlpatterns = [path("hooks/copper", hook)]
