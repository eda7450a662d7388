"""The `copper` command of dc-copper-cli with another base URL: drive_dc_copper_cli.py URL WORD..."""

import sys

import dc_copper_cli

dc_copper_cli.API_BASE_URL = sys.argv.pop(1)
dc_copper_cli.main()
