import { describe, expect, it } from 'vitest'
import { run } from './shell.test-support.ts'

type Case = readonly [script: string, out: string, err?: string, code?: number]

const everywhere: readonly Case[] = [
  ['x="a b"; set -- $x; echo $#; IFS=:; set -- ${x}:c; echo "$*"', '2\na b:c\n'],
  ['IFS=,; for i in a,,b; do echo one; done; y=a,,b; for i in $y; do echo "<$i>"; done', 'one\n<a>\n<>\n<b>\n'],
  ['echo one two | { read a b; echo "$b $a"; }', 'two one\n'],
  ['printf "a:b:c\\n" | { IFS=: read x y; echo "$x-$y"; }', 'a-b:c\n'],
  ['while getopts "ab:" o -a -b val rest; do echo "$o $OPTARG"; done; echo $OPTIND', 'a \nb val\n4\n'],
  ['f() { local x=1; x=2; }; x=0; f; echo $x', '0\n'],
  ['exec 3>/tmp/f; echo hi >&3; exec 3>&-; cat /tmp/f', 'hi\n'],
  ['{ echo out; echo err >&2; } 3>&1 1>&2 2>&3', 'err\n', 'out\n'],
  ['exec 3</etc/hostname; read h <&3; echo $h', 'p\n'],
  ['cat <<-EOF\n\tindented $((1 + 2))\n\tEOF', 'indented 3\n'],
  ["cat <<'EOF'\n$HOME `x`\nEOF", '$HOME `x`\n'],
  ['echo $((7 / 2)) $((-7 % 3)) $((1 << 4)) $((0x1f)) $((5 > 3 ? 10 : 20))', '3 -1 16 31 10\n'],
  ['x=path/to/file.tar.gz; echo ${x##*/} ${x%.*} ${x%%.*} ${x#*/}', 'file.tar.gz path/to/file.tar path/to/file to/file.tar.gz\n'],
  ['unset u; echo ${u:-d} ${u-e} ${u:=f} $u ${u:+g}; echo ${#u}', 'd e f f g\n1\n'],
  ['case file.txt in *.[tT]xt) echo text;; esac; case x in [!a-c]) echo other;; esac', 'text\nother\n'],
  ['trap "echo caught" USR1; kill -USR1 $$; echo after', 'caught\nafter\n'],
  ['(exit 3) & wait $!; echo $?', '3\n'],
  ['set -e; if false; then :; fi; false || true; echo on; false; echo off', 'on\n', '', 1],
  ['eval "x=5; echo \\$x"', '5\n'],
  ['f() { return 7; }; f || echo $?', '7\n'],
  ['for i in 1 2 3; do [ $i = 2 ] && continue; echo $i; done', '1\n3\n'],
  ['n=0; until [ $n -ge 2 ]; do n=$((n+1)); done; echo $n', '2\n'],
  ['echo "$(echo a; echo b)" | wc -l', '2\n'],
  ['x=`echo \\`echo deep\\``; echo $x', 'deep\n'],
  ['cd /tmp && echo "echo in $1 \\$1" > s.sh && chmod +x s.sh && ./s.sh arg', 'in arg\n'],
  ['echo "echo \\$0 \\$1" > /tmp/s; sh /tmp/s x; . /tmp/s', '/tmp/s x\nsh\n'],
  ['type cd; command -v ls', 'cd is a shell builtin\n/bin/ls\n'],
  ['kill -0 $$ && echo alive', 'alive\n'],
  ['sleep 100 & kill $!; wait $!; echo $?', '143\n'],
]

describe('a script means the same in every shell', () => {
  const shells = [
    ['busybox:1.36', 'sh'],
    ['debian:12', 'bash'],
  ] as const
  const cases = shells.flatMap(([image, shell]) =>
    everywhere.map(([script, out, err = '', code = 0]) => ({ image, shell, script, out, err, code })),
  )
  it.each(cases)('$image $shell: $script', async ({ image, shell, script, out, err, code }) => {
    const ran = await run(script, { image, shell })
    expect({
      ...ran,
      out: ran.out.replaceAll(shell === 'bash' ? /\bbash\b|\/usr\/bin\/ls/g : /$^/g, (word) => (word === 'bash' ? 'sh' : '/bin/ls')),
    }).toEqual({ out, err, code })
  })
})

describe('bash knows what sh does not', () => {
  const cases: readonly Case[] = [
    [
      'a=(one "two three" four); echo ${a[1]} ${#a[@]}; for x in "${a[@]}"; do echo "<$x>"; done',
      'two three 3\n<one>\n<two three>\n<four>\n',
    ],
    ['a=(1 2 3); a+=(4); a[9]=x; unset "a[0]"; echo "${a[*]}" "${!a[@]}"', '2 3 4 x 1 2 3 9\n'],
    ['declare -A m=([k]=v [b]=2); m[c]=3; echo ${m[k]} ${#m[@]}; for k in "${!m[@]}"; do echo $k; done', 'v 3\nk\nb\nc\n'],
    ['echo {1..3} {a,b}{x,y} {01..03} pre{a,"b c"}post', '1 2 3 ax ay bx by 01 02 03 preapost preb cpost\n'],
    ['[[ abc == a* && ! 5 -gt 9 ]] && echo yes; [[ v1.25 =~ ^v([0-9]+)\\.([0-9]+)$ ]] && echo ${BASH_REMATCH[2]}', 'yes\n25\n'],
    ['x=hello; echo ${x^} ${x^^} ${x:1:3} ${x: -2} ${x/l/L} ${x//l/L}', 'Hello HELLO ell lo heLlo heLLo\n'],
    ['cat <<< "here $((1+1))"', 'here 2\n'],
    ['for ((i=0; i<3; i++)); do printf "%d " $i; done; echo', '0 1 2 \n'],
    ['((3 > 2)) && echo bigger; let x=5*2; echo $x', 'bigger\n10\n'],
    ['diff <(echo a) <(echo a) && echo same', 'same\n'],
    ['set -o pipefail; false | true; echo $? ${PIPESTATUS[0]}', '1 1\n'],
    ['mapfile -t l < <(printf "a\\nb\\n"); echo ${#l[@]} ${l[1]}', '2 b\n'],
    ['f() { local -a q=(x y); echo ${q[1]}; }; f; echo "${q[1]}"', 'y\n\n'],
    ['shopt -s nullglob; echo /nope*; echo end', '\nend\n'],
    ['printf -v p "%05.1f" 3.14159; echo "$p"', '003.1\n'],
    ['foo', '', 'bash: line 1: foo: command not found\n', 127],
    ['set -u; echo $nope', '', 'bash: line 1: nope: unbound variable\n', 1],
    ['cd /nope', '', 'bash: line 1: cd: /nope: No such file or directory\n', 1],
    ['cat < /nope', '', 'bash: line 1: /nope: No such file or directory\n', 1],
    ['declare -i n=3+4; readonly r=1; declare -p n r', 'declare -i n="7"\ndeclare -r r="1"\n'],
  ]
  it.each(cases.map(([script, out, err = '', code = 0]) => ({ script, out, err, code })))('$script', async ({ script, out, err, code }) => {
    expect(await run(script, { image: 'debian:12', shell: 'bash' })).toEqual({ out, err, code })
  })
})

describe('each shell words its errors in its own way', () => {
  const cases: readonly (readonly [image: string, script: string, err: string, code: number])[] = [
    ['busybox:1.36', 'foo', 'sh: foo: not found\n', 127],
    ['busybox:1.36', '/etc/passwd', 'sh: /etc/passwd: Permission denied\n', 126],
    ['busybox:1.36', 'cd /nope', "sh: cd: can't cd to /nope: No such file or directory\n", 2],
    ['busybox:1.36', 'cat < /nope', "sh: can't open /nope: no such file\n", 1],
    ['busybox:1.36', 'echo hi > /no/such', "sh: can't create /no/such: nonexistent directory\n", 1],
    ['busybox:1.36', 'set -u; echo $nope', 'sh: nope: parameter not set\n', 2],
    ['debian:12', 'foo', 'sh: 1: foo: not found\n', 127],
    ['debian:12', 'true\n[[ a = a ]]', 'sh: 2: [[: not found\n', 127],
    ['debian:12', 'echo hi > /no/such', 'sh: 1: cannot create /no/such: Directory nonexistent\n', 2],
  ]
  it.each(cases.map(([image, script, err, code]) => ({ image, script, err, code })))(
    '$image: $script',
    async ({ image, script, err, code }) => {
      expect(await run(script, { image })).toEqual({ out: '', err, code })
    },
  )
})
