"""The `copper` command of dc-copper-cli: drive_dc_copper_cli.py URL WORD...; an empty URL keeps the client's own."""

import sys

import dc_copper_cli

dc_copper_cli.API_BASE_URL = sys.argv.pop(1) or dc_copper_cli.API_BASE_URL
dc_copper_cli.main()
