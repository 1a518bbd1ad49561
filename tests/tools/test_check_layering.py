#!/usr/bin/env python3
"""check_layering.py finds what it is there to find: every rule is broken once, in a small house."""

import json
import os
import subprocess
import sys
import tempfile
import unittest
from collections.abc import Sequence
from pathlib import Path

SCRIPT = Path(__file__).with_name("check_layering.py")
LAYERS = (
    "pra_layer(base fmt)\npra_layer(store pra_base)\npra_layer(chunk pra_base)\n"
    "pra_layer(repo pra_store\n          pra_chunk)\n"
)


class House(unittest.TestCase):
    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.root = Path(temporary.name) / "house"
        self.put("libpra/CMakeLists.txt", LAYERS)
        self.put("libpra/src/base/error.hpp", "#include <string>\n")
        self.put("libpra/src/store/store.hpp", '#include "base/error.hpp"\n')
        self.put("libpra/src/chunk/rabin.hpp", "")
        self.put("libpra/src/repo/pack.hpp", '#include "store/store.hpp"\n')
        self.put("libpra/src/api/api.cpp", '#include <pra/pra.h>\n#include "repo/pack.hpp"\n')
        self.put("libpra/include/pra/pra.h", "#include <stdint.h>\n#include <pra/error.h>\n")
        self.put("plugins/host/table.hpp", "")
        self.put("plugins/host/render/table.cpp", '#include <pra/pra.h>\n#include "table.hpp"\n')
        self.put("plugins/ansible/main.cpp", "#include <boost/json/parse.hpp>\n")
        self.put("examples/c/a.c", "#include <pra/pra.h>\n#include <stdio.h>\n")

    def put(self, path: str, text: str) -> None:
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)

    def run_script(self, *arguments: str | Path) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, SCRIPT, "--root", self.root, *arguments],
            capture_output=True,
            text=True,
            check=False,
        )

    def expect_problem(
        self, *words: str, arguments: Sequence[str | Path] = ()
    ) -> subprocess.CompletedProcess:
        result = self.run_script(*arguments)
        assert result.returncode == 1, result.stdout + result.stderr
        for word in words:
            assert word in result.stderr
        assert f"{len(result.stderr.splitlines())} problems" in result.stdout
        return result


class Includes(House):
    def test_a_good_house_passes(self) -> None:
        result = self.run_script()
        assert (result.returncode, result.stderr) == (0, "")

    def test_each_broken_rule_is_found(self) -> None:
        broken = {
            "libpra/src/base/up.cpp": '#include "store/store.hpp"',
            "libpra/src/store/side.cpp": '#include "chunk/rabin.hpp"',
            "libpra/src/repo/top.cpp": '#include "api/api.cpp"',
            "libpra/src/repo/c_api.cpp": "#include <pra/pra.h>",
            "libpra/src/repo/escape.cpp": '#include "../store/store.hpp"',
            "libpra/src/repo/bare.cpp": '#include "pack.hpp"',
            "libpra/src/unknown/x.cpp": "",
            "libpra/src/repo/computed.cpp": "#include HEADER",
            "libpra/src/repo/json.cpp": "#include <boost/json/value.hpp>",
            "libpra/src/repo/lexical.cpp": "#include <boost/lexical_cast.hpp>",
            "libpra/src/store/curl.cpp": "#include <curl/curl.h>",
            "libpra/src/store/zstd.cpp": "#include <zstd.h>",
            "libpra/src/store/ssl.cpp": "#include <openssl/evp.h>",
            "libpra/src/store/pq.cpp": "#include <libpq-fe.h>",
            "libpra/src/store/yaml.cpp": "#include <yaml-cpp/yaml.h>",
            "libpra/src/store/cli.cpp": "  #  include  <CLI/App.hpp>",
            "libpra/src/store/socket.cpp": "#include <sys/socket.h>",
            "libpra/src/store/spawn.cpp": "#include <spawn.h>",
            "libpra/src/store/stream.cpp": "#include <fstream>",
            "libpra/src/store/paths.cpp": "#include <filesystem>",
            "libpra/include/pra/b.h": "#include <boost/json/value.hpp>",
            "plugins/host/inside.cpp": '#include "../../libpra/src/base/error.hpp"',
            "plugins/host/layer.cpp": '#include "base/error.hpp"',
            "plugins/host/pq.cpp": "#include <libpq-fe.h>",
            "examples/c/b.c": '#include "../../libpra/src/base/error.hpp"',
            "examples/c/c.c": "#include <boost/json/value.hpp>",
        }
        for path, text in broken.items():
            with self.subTest(path=path):
                self.put(path, f"// A comment.\n{text}\n")
                result = self.expect_problem(path if "unknown" in path else f"{path}:2")
                assert len(result.stderr.splitlines()) == 1, result.stderr
                (self.root / path).unlink()

    def test_comments_are_no_includes(self) -> None:
        self.put(
            "libpra/src/base/a.cpp",
            '// #include "store/store.hpp"\n/*\n#include <curl/curl.h>\n*/\n',
        )
        assert self.run_script().returncode == 0

    def test_a_link_against_the_direction_is_found(self) -> None:
        self.put("libpra/CMakeLists.txt", LAYERS.replace("base fmt", "base pra_store"))
        self.expect_problem("layer base links pra_store")


class Calls(House):
    def compile(self, path: str, code: str) -> list[str | Path]:
        self.put(path, code)
        build = self.root / "build"
        build.mkdir(exist_ok=True)
        output = build / (path.replace("/", "_") + ".o")
        compiler = os.environ.get("CXX", "c++")
        command = f"{compiler} -std=c++20 -O1 -c {self.root / path} -o {output}"
        subprocess.run(command.split(), check=True)
        entry = {"directory": str(build), "file": str(self.root / path), "command": command}
        (build / "compile_commands.json").write_text(json.dumps([entry]))
        return ["--build", build]

    def test_calls_outside_the_seams_are_found(self) -> None:
        broken = {
            "open": '#include <fcntl.h>\nint f() { return ::open("x", O_RDONLY); }',
            "fopen": '#include <cstdio>\nvoid* f() { return std::fopen("x", "r"); }',
            "read": "#include <unistd.h>\nlong f(int d, char* b) { return read(d, b, 9); }",
            "rename": '#include <cstdio>\nint f() { return std::rename("a", "b"); }',
            "basic_ifstream": '#include <fstream>\nbool f() { return std::ifstream("x").good(); }',
            "basic_ofstream": '#include <fstream>\nvoid f() { std::ofstream("x") << 1; }',
            "filesystem::": "#include <filesystem>\n"
            'bool f() { return std::filesystem::exists("x"); }',
            "socket": "#include <sys/socket.h>\nint f() { return socket(1, 1, 0); }",
            "connect": "#include <sys/socket.h>\nint f(int s) { return connect(s, nullptr, 0); }",
            "fork": "#include <unistd.h>\nint f() { return fork(); }",
            "execvp": "#include <unistd.h>\nint f(char** a) { return execvp(*a, a); }",
            "system": '#include <cstdlib>\nint f() { return std::system("true"); }',
            "popen": '#include <cstdio>\nvoid* f() { return popen("true", "r"); }',
            "posix_spawn": "#include <spawn.h>\nint f(pid_t* p, char** a) "
            "{ return posix_spawn(p, *a, nullptr, nullptr, a, a); }",
        }
        for symbol, code in broken.items():
            with self.subTest(symbol=symbol):
                arguments = self.compile("libpra/src/store/bad.cc", code)
                self.expect_problem("libpra/src/store/bad.cc: calls ", symbol, arguments=arguments)

    def test_the_seam_may(self) -> None:
        arguments = self.compile(
            "libpra/src/base/seam.cc",
            '#include <fcntl.h>\nint f() { return ::open("x", O_RDONLY); }',
        )
        result = self.run_script(*arguments)
        assert result.returncode == 0, result.stderr

    def test_methods_of_such_names_are_no_calls(self) -> None:
        arguments = self.compile(
            "libpra/src/store/good.cc",
            "#include <string>\nstruct File { int open(); int read(int); };\n"
            "int remove(const std::string&);\n"
            "int f(File& x) { return x.open() + x.read(1) + remove(std::string()); }",
        )
        result = self.run_script(*arguments)
        assert result.returncode == 0, result.stderr

    def test_nothing_built_is_no_success(self) -> None:
        build = self.root / "build"
        build.mkdir()
        (build / "compile_commands.json").write_text("[]")
        self.expect_problem("build it first", arguments=["--build", build])


if __name__ == "__main__":
    unittest.main()
