"""
What hatchling asks when it builds: which files ship, and where the project is to be found.

`shipped.txt` names every file of the source archive, and so of the wheel. A file that it does not
name stays out of both, wherever it lies.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

LIST = "shipped.txt"
SBOM = "requirements/run.cdx.json"


def listed(root: Path) -> list[str]:
    """Return the files that ship, as the list names them."""
    lines = (root / LIST).read_text(encoding="utf-8").splitlines()
    paths = [line for line in lines if line and not line.startswith("#")]
    gone = [path for path in paths if not (root / path).is_file()]
    if gone:
        sys.exit(f"{LIST} names files that are not here: {', '.join(gone)}. Run `make ships`.")
    return paths


class Shipped(BuildHookInterface):
    """Ships what the list names: all as source; the package, packs and examples as a wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Tell hatchling of each file, and of the bill of materials in a wheel."""
        root = Path(self.root)
        paths = listed(root)
        if self.target_name == "sdist":
            build_data["force_include"] = {str(root / path): path for path in paths}
        elif version != "editable":
            folders = tuple(f"{each}/" for each in self.build_config.target_config["sources"])
            build_data["force_include"].update(
                (str(root / path), self.build_config.get_distribution_path(path))
                for path in paths
                if path.startswith(folders)
            )
            build_data["sbom_files"].append(self.materials())

    def materials(self) -> str:
        """Return the path of a bill of materials of what the locks name, for this version."""
        self.written = TemporaryDirectory()
        bill = json.loads((Path(self.root) / SBOM).read_text(encoding="utf-8"))
        bill["metadata"]["component"]["version"] = self.metadata.version
        path = Path(self.written.name) / f"{self.metadata.core.raw_name}.cdx.json"
        path.write_text(json.dumps(bill, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        return str(path)

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove what was written to be built in."""
        if hasattr(self, "written"):
            self.written.cleanup()


class Addresses(MetadataHookInterface):
    """Makes every link of the package's page from the one address in `pyproject.toml`."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Set the links, and lead those of the README to the files of this version."""
        address = self.config["address"]
        files = f"{address}/blob/v{metadata['version']}"
        metadata["urls"] = {
            "Homepage": address,
            "Documentation": f"{files}/docs/index.md",
            "Source": address,
            "Issues": f"{address}/issues",
            "Changelog": f"{files}/CHANGELOG.md",
            "Security": f"{files}/SECURITY.md",
        }
        readme = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        metadata["readme"] = {
            "content-type": "text/markdown",
            "text": re.sub(r"\]\((?![a-z]+:|#)", f"]({files}/", readme),
        }
