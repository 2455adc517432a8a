"""Real programs built plainly, with gg, and through ccache: what each way of building costs.

All runs of one program are at one place, so that nothing but the tool differs; a tree is moved there, and away again
to wait for its next turn. Every tool has its turn in each round, so that a machine that gets slower is slow for all.
"""
import os
import shutil
import statistics
import subprocess

# program: its build tool's clean target, one source and one header that nearly everything includes
EDITS = {
    "lua": ("make -C src clean", "src/lvm.c", "src/lobject.h"),
    "zlib": ("make clean", "deflate.c", "zutil.h"),
    "json-c": ("make -C b clean", "json_tokener.c", "json_object.h"),
    "json-c-ninja": ("ninja -C b clean", "json_tokener.c", "json_object.h"),
    "mosh": ("make clean", "src/terminal/terminalframebuffer.cc", "src/terminal/terminalframebuffer.h"),
    "tmux": ("make clean", "window.c", "tmux.h"),
    "bash": ("make clean", "subst.c", "command.h"),
}
CCACHE_FOLDER = "/usr/lib/ccache"
MEASURES = {  # against what, and the goal for the ratio of CPU seconds
    "cold": ("plain", 1.08),
    "remembered": ("ccache", 0.5),
    "nothing": ("plain", 1.2),
    "source": ("plain", 1.05),
    "header": ("plain", 1.08),
}


class Bench:
    """One program. @run: bench/run's, which counts what a command costs."""

    def __init__(self, programs, run, gg, place, name):
        self.program, self.run, self.name = programs.PROGRAMS[name], run, name
        self.fresh = programs.fresh
        self.gg, self.place, self.tree = gg, place, place / name
        self.clean, self.source, self.header = EDITS[name]
        self.costs = {}  # (measure, tool): what each round cost
        self.edits = 0
        self.words = self.text(self.program.build).split()

    @staticmethod
    def text(command):
        return command.format(cc="gcc", cxx="g++")

    def env(self, tool):
        added = {"GG_DIR": str(self.place / f"{self.name}.store")}
        if tool == "ccache":
            added = {"CCACHE_DIR": str(self.place / f"{self.name}.ccache-dir"), "CCACHE_NOSTATS": "1",
                     "PATH": f"{CCACHE_FOLDER}:{os.environ['PATH']}"}
        return dict(os.environ, **added) if tool != "plain" else dict(os.environ)

    def kept(self, tool):
        return self.place / f"{self.name}.{tool}"

    def configure(self, tool):
        """A configured tree. CMake notes the compiler's own path, so it must be told of ccache."""
        ready = self.place / f"{self.name}.{tool}.configured"
        if ready.exists():
            subprocess.run(["cp", "-a", ready, self.tree], check=True)
            return
        self.fresh(self.place, self.name, self.program.package)
        env = self.env(tool)
        if tool == "ccache":
            env |= {"CMAKE_C_COMPILER_LAUNCHER": "ccache", "CMAKE_CXX_COMPILER_LAUNCHER": "ccache"}
        for command in self.program.configure:
            self.run(["sh", "-c", self.text(command)], self.tree, env)
        subprocess.run(["cp", "-a", self.tree, ready], check=True)

    def build(self, measure, tool):
        prefix = [self.gg, "build", "-s", "-j2", "--"] if tool == "gg" else []
        cost = self.run(prefix + self.words, self.tree, self.env(tool))
        self.costs.setdefault((measure, tool), []).append(cost)

    def turn(self, measure, tool, before):
        """The tool's own tree is put in place, changed, built and put away."""
        shutil.move(self.kept(tool), self.tree)
        before()
        self.build(measure, tool)
        shutil.move(self.tree, self.kept(tool))

    def cold(self):
        for tool in ("gg", "plain", "ccache"):
            shutil.rmtree(self.kept(tool), ignore_errors=True)
            for folder in ("store", "ccache-dir"):
                if folder[:2] == ("st" if tool == "gg" else "cc"):
                    subprocess.run(["chmod", "-R", "u+w", self.place / f"{self.name}.{folder}"], check=False,
                                   stderr=subprocess.DEVNULL)
                    shutil.rmtree(self.place / f"{self.name}.{folder}", ignore_errors=True)
            self.configure(tool)
            (self.place / f"{self.name}.store").mkdir(exist_ok=True)
            self.build("cold", tool)
            shutil.move(self.tree, self.kept(tool))

    def cleaned(self):
        self.run(["sh", "-c", self.clean], self.tree)

    def edited(self, file):
        path = self.tree / file
        path.write_text(path.read_text() + f"\nextern int bench_edit_{self.edits};\n")

    def sweep(self):
        for kept in self.place.glob(f"{self.name}.*"):
            subprocess.run(["chmod", "-R", "u+w", kept], check=False, stderr=subprocess.DEVNULL)
            shutil.rmtree(kept, ignore_errors=True)

    def rounds(self, n):
        self.sweep()
        for _ in range(n):
            self.cold()
        for _ in range(n):
            for tool in ("gg", "ccache"):
                self.turn("remembered", tool, self.cleaned)
        for _ in range(9 * n):  # they are short, and so is what else happens on the machine
            for tool in ("gg", "plain"):
                self.turn("nothing", tool, lambda: None)
        for measure, file in (("source", self.source), ("header", self.header)):
            for _ in range(n):
                self.edits += 1
                for tool in ("gg", "plain"):
                    self.turn(measure, tool, lambda name=file: self.edited(name))
        self.sweep()

    def ratio(self, measure, other, kind):
        pairs = zip(self.costs[measure, "gg"], self.costs[measure, other])
        return statistics.median(getattr(a, kind) / max(getattr(b, kind), 1e-6) for a, b in pairs)

    def seconds(self, measure, tool):
        return statistics.median(c.cpu for c in self.costs[measure, tool])

    def cells(self):
        """The cells of the program's line."""
        yield self.name
        for measure, (other, goal) in MEASURES.items():
            cpu, wall = (self.ratio(measure, other, kind) for kind in ("cpu", "wall"))
            text = (f"{self.seconds(measure, 'gg'):.2f} / {self.seconds(measure, other):.2f} s, "
                    f"**{cpu:.2f}**, wall {wall:.2f}{'' if cpu <= goal else ' MISSED'}")
            if measure == "cold":
                text += f"; of ccache's cold run {self.ratio(measure, 'ccache', 'cpu'):.2f}"
            yield text


HEAD = [
    "", "## Real programs", "",
    "gcc, `-j2`; CPU seconds of gg / of the other, **the ratio of CPU**, the ratio of wall time. Goals: cold ≤ 1.08 of plain",
    "make and not above ccache's cold run; remembered, after `make clean`, ≤ 0.5 of ccache when everything is in its cache;",
    "nothing to do ≤ 1.2, one source edited ≤ 1.05, a header that everything includes edited ≤ 1.08 of plain make.", "",
    "| program | cold | remembered / ccache warm | nothing to do | a source edited | a header edited |",
    "|---|---|---|---|---|---|",
]


def lines(programs, run, gg, place, names, n):
    """Yields the table's lines, one for each program as it is done."""
    place.mkdir(parents=True, exist_ok=True)
    if not (place / "sources").exists():
        (place / "sources").symlink_to(place.parent / "sources")
    packages = sorted({programs.PROGRAMS[name].package for name in names})
    subprocess.run([programs.TOP / "scripts" / "fetch-source", place / "sources", *packages], check=True)
    for name in names:
        bench = Bench(programs, run, gg, place, name)
        bench.rounds(n)
        yield "| " + " | ".join(bench.cells()) + " |"
