"""The one address to which Copper sends."""

from deals.views import hook
from django.urls import path

urlpatterns = [path("hooks/copper", hook)]
