"""Check the packages of the locks against the advisories of the package registry (pip-audit).

Exit code 1 when a locked version has a known vulnerability; 0, and a line that says so, when the
advisories cannot be reached: a machine without network can still check everything else.
"""

import json
import subprocess
import sys
from pathlib import Path

LOCKS = (
    "requirements.lock",
    "requirements-build.lock",
    "requirements-bouncer.lock",
    "requirements-share.lock",
    "requirements-uv.lock",
)


def audit(lock: str) -> bool:
    """Print what is known of the packages of a lock; return False if one is vulnerable."""
    done = subprocess.run(
        [
            *(Path(sys.executable).with_name("pip-audit"), "--requirement", lock),
            *("--disable-pip", "--require-hashes", "--format", "json", "--progress-spinner", "off"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if not done.stdout.strip():
        reason = (done.stderr.strip().splitlines() or ["no answer"])[-1]
        print(f"{lock}: NOT audited, the advisories cannot be reached ({reason}).")
        return True
    packages = json.loads(done.stdout)["dependencies"]
    audited = [package for package in packages if "vulns" in package]
    faults = [package for package in audited if package["vulns"]]
    if not audited:
        print(f"{lock}: NOT audited, the advisories cannot be reached.")
    else:
        print(f"{lock}: {len(audited)} of {len(packages)} audited, {len(faults)} at fault.")
    for package in faults:
        for advisory in package["vulns"]:
            fixed = ", ".join(advisory["fix_versions"]) or "no version yet"
            print(f"  {package['name']} {package['version']}: {advisory['id']}, fixed in {fixed}")
    return not faults


if __name__ == "__main__":
    are_clean = [audit(lock) for lock in LOCKS]
    sys.exit(0 if all(are_clean) else 1)
