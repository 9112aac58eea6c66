"""A tree of all kinds of files for the comparison of planfs grep with grep."""
import os
import random

WORDS = ['德育', '安全', '控辍保学', '教师培训', '义务教育均衡发展', '２０１６年', '2016年', 'PPT', 'Ａ级', 'isms', 'Kelvin', '（一）', '(一)',
         '93%', '９３％', '3.34亿', '小学、初中', 'é', 'É', 'ΑΒΓ', 'αβς', 'ſ', 'ı', '\u212a', 'a_b', 'ab', 'abab', 'foo-bar', '[x]', 'a*b', 'x^2', '$5',
         '\\n', '"q"', "'", '\t', '　', ' ', '\u00a0', '-', '--', '。', '，', '……', '😀', '𠮷', 'Straße', 'Ǆ', 'ǆ', '中', '文', '1', '12', '123']


def sentence(rng):
    return ''.join(rng.choice(WORDS) for _ in range(rng.randint(1, 12)))


def text(rng, lines):
    parts = [sentence(rng) + rng.choice(['\n', '\n', '\n', '\n\n', '\r\n']) for _ in range(lines)]
    return ''.join(parts).encode()


def special_files(rng):
    """Name -> contents: what goes wrong first."""
    base = text(rng, 30)
    yield 'empty.txt', b''
    yield 'newline.txt', b'\n'
    yield 'newlines.txt', b'\n\n\n'
    yield 'no-newline.txt', base.rstrip(b'\r\n')
    yield 'one-char.txt', '德'.encode()
    yield 'crlf.txt', base.replace(b'\r\n', b'\n').replace(b'\n', b'\r\n')
    yield 'nul.bin', base[:200] + b'\0' + base[200:]
    yield 'nul-first.bin', b'\0' + base
    yield 'nuls.bin', base + b'\0' * 5000 + base
    yield 'nul-lines.bin', '德育\0安全\n德育\0\0安全\0'.encode()
    yield 'bad-utf8.txt', base[:100] + b'\xff\xfe' + base[100:]
    yield 'bad-line.txt', '德育 好\n'.encode() + b'\xb5\xc2\xd3\xfd \xe5\xbe\xb7 bad\n' + '德育 again\n安全 ab\n'.encode()
    yield 'cut-char.txt', '德育'.encode()[:-1]
    yield 'odd-utf8.txt', b'ab \xed\xa0\x80\nab \xf4\x90\x80\x80\nab \xc0\x80\nab \xf8\x88\x80\x80\x80\nab\n'
    yield 'gb18030.txt', base.decode().encode('gb18030', 'replace')
    # What grep prints of a file before the first NUL depends on the size of its buffer, which longer lines would change.
    yield 'long-line.txt', (sentence(rng) * 2000).encode()[:60000].decode(errors='ignore').encode() + b'\n' + base
    yield 'long-file.txt', text(rng, 9000)
    yield 'late-nul.bin', text(rng, 9000)[:130000].rsplit(b'\n', 1)[0] + b'\n\0' + base
    yield 'words.txt', 'ab ab_ab abab a_b.ab 德育 德育德育 德-育 1德 德1 x德育x\nab\n德育\n 德育\nAB Ab aB\n'.encode()
    yield 'case.txt', 'PPT ppt Ppt ÉéeE ΑαΣσς KkK\u212a SsSſſ IiıİI ＡａBb Straße STRASSE Ǆǅǆ\n'.encode()
    yield 'full-width.txt', '２０１６年（一）ＰＰＴ　９３％\n2016年(一)PPT 93%\n'.encode()
    yield 'image.png', bytes(rng.randrange(256) for _ in range(5000))


NAMES = ['-leading-dash.txt', 'colon:12:in.txt', 'new\nline.txt', 'a b.txt', "quote'.txt", 'tab\t.txt', '.hidden.txt', '#hash#', 'back\\slash.txt',
         '文' * 85, 'star*.txt', '01-总则.txt', 'plan.json', 'x.docx', '~tilde']


def make(root, seed):
    """Write the tree; returns all texts, to take patterns from."""
    rng = random.Random(seed)
    texts = []

    def put(directory, name, data):
        path = os.path.join(os.fsencode(root), os.fsencode(directory), name if isinstance(name, bytes) else os.fsencode(name))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'wb') as f:
            f.write(data)
        texts.append(data)

    for year in ['2014', '2015', '2016', '未知年份']:
        for district in ['合肥市', '南通市通州区']:
            for plan in ['工作要点', f'{year}年工作计划']:
                for number in range(4):
                    put(f'{year}/{district}/{plan}', f'{number:02}-节.txt', text(rng, rng.randint(0, 40)))
    for name, data in special_files(rng):
        put('2016/合肥市/特殊', name, data)
    for name in NAMES:
        put('2016/合肥市/名称', name, text(rng, 5))
    put('2016/合肥市/名称', b'bad-\xff-name.txt', text(rng, 5))
    put('-dash/dir with blank/deep/er', 'file.txt', text(rng, 5))
    put('', 'at-root.txt', text(rng, 5))
    put('2016', 'in-year.txt', text(rng, 5))
    os.symlink('2016/合肥市', os.path.join(root, 'link-to-dir'))
    os.symlink('at-root.txt', os.path.join(root, 'link-to-file'))
    os.symlink('nowhere', os.path.join(root, 'broken'))
    os.link(os.path.join(root, 'at-root.txt'), os.path.join(root, '2015/second-name.txt'))
    os.mkfifo(os.path.join(root, 'fifo'))
    os.makedirs(os.path.join(root, 'empty-dir'))
    return texts
