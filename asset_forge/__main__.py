"""`python -m asset_forge` is `asset-forge`."""

from asset_forge.cli import main

if __name__ == "__main__":
    main()
