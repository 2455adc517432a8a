#!/usr/bin/env bash
# The tests of a GoogleTest program, each a thunk, reported as the program reports them.
# shellcheck disable=SC2016 # expanded by eval
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

cat >t.cc <<'END'
#include <gtest/gtest.h>
#include <cstdlib>
#include <fstream>
#include <string>
TEST(Sum, Small) { EXPECT_EQ(1 + 1, 2); }
TEST(Sum, Large) { EXPECT_EQ(1000 + 1, 1001); }
TEST(Sum, DISABLED_Later) { FAIL(); }
TEST(File, Outside) { std::string s; std::ifstream("word") >> s; EXPECT_EQ(s, "hello"); }
TEST(File, Skips) { GTEST_SKIP() << "not here"; }
TEST(Says, Midline) { printf("no end of line"); }
TEST(Says, Errors) { fprintf(stderr, "on the other one\n"); }
#ifdef BAD
TEST(Bad, Fails) { EXPECT_EQ(1, 2) << "<as told>"; }
TEST(Bad, Dies) { abort(); }
TEST(Bad, Leaves) { exit(0); }
#endif
class P : public testing::TestWithParam<int> {};
TEST_P(P, Positive) { EXPECT_GT(GetParam(), 0); }
INSTANTIATE_TEST_SUITE_P(Some, P, testing::Values(1, 2, 3));
template <class T> class Typed : public testing::Test {};
TYPED_TEST_SUITE(Typed, testing::Types<int COMMA long>);
TYPED_TEST(Typed, Zero) { EXPECT_EQ(TypeParam(), 0); }
END
if ! g++ '-DCOMMA=,' t.cc -o t -lgtest -lgtest_main -pthread 2>err ||
	! g++ '-DCOMMA=,' -DBAD t.cc -o bad -lgtest -lgtest_main -pthread 2>err; then
	skip "a GoogleTest program" "no libgtest-dev"
	done_testing
	exit
fi
echo hello >word
plain() { sed -E 's/\([0-9]+ ms( total)?\)//; /^Running main|^\[ DISABLED \]/d' "$1"; }

./t >want 2>err
ok "it passes" eval '"$GG" gtest -j2 ./t >got 2>err'
is "... and says the same as the program" "$(plain got)" "$(plain want)"
ok "the same again" eval '"$GG" gtest -j2 ./t >got 2>err'
is "... from memory" "$(plain got)" "$(plain want)"
is "what a test says on its standard error is said there" "$(grep -c '^on the other one$' err)" 1
./t --gtest_filter='Sum*:Some*' >want
ok "a filter" eval '"$GG" gtest ./t "--gtest_filter=Sum*:Some*" >got 2>err'
is "... says the same" "$(plain got)" "$(plain want)"
echo other >word
ok "another content of a file outside is seen" eval '! "$GG" gtest --in word ./t >got 2>err'
./t >want 2>err
is "... and told as the program tells" "$(plain got)" "$(plain want)"
echo hello >word

"$GG" gtest -j2 ./bad --gtest_output=xml:bad.xml >got 2>err
is "failures are the exit status" "$?" 1
ok "... those that fail, die or leave" grep -q '^ 3 FAILED TESTS' got
like "... listed" "$(tail -n 8 got)" 'FAILED  \] Bad.Leaves'
is "the XML has each test once" "$(grep -c '<testcase' bad.xml)" 14
ok "... and is XML" python3 -c 'import sys, xml.dom.minidom as m; m.parse("bad.xml")'
ok "... and nothing is left of its parts" eval '! ls .gg-*.xml'
./t --gtest_output=xml:want.xml >/dev/null
"$GG" gtest ./t --gtest_output=xml:got.xml >/dev/null 2>err
names() { grep -oE '<testcase name="[^"]*"' "$1" | grep -v DISABLED; }
is "... with the program's cases" "$(names got.xml)" "$(names want.xml)"
is "what can't be split is run as it is" "$("$GG" gtest ./t --gtest_repeat=2 --gtest_filter='Sum*' | grep -c '^Repeating')" 2

done_testing
