"""source.py NAME VERSION FILE: fetches the source package of that release, from where pip would, without building it."""

import sys

from pip._internal.commands import create_command
from pip._vendor.packaging.specifiers import SpecifierSet

name, version, file = sys.argv[1:]
download = create_command("download")
options, _ = download.parse_args(["--no-binary", ":all:", f"{name}=={version}"])
with download.main_context():
    session = download._build_session(options)  # pip has no public way that does not run the package's own build
    finder = download._build_package_finder(options, session)
    found = finder.find_best_candidate(name, SpecifierSet(f"=={version}")).best_candidate
    if found is None:
        sys.exit(f"no source package of {name} {version}")
    reply = session.get(found.link.url_without_fragment)
    reply.raise_for_status()
    with open(file, "wb") as out:
        out.write(reply.content)
