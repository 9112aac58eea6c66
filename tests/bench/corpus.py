"""The corpus: any number of sections of 0.5 to 4 KB from the sentences of a folder of documents. The same
seed, number and documents give the same bytes."""
import os
import random
import re

from command import Failed

SMALLEST, LARGEST = 512, 4096  # bytes of a section
YEARS = [str(year) for year in range(2005, 2025)]
PLANS_PER_DISTRICT = 10
RARE = '稀有标记词'  # in every thousandth section: what grep and rg look for
RARE_EVERY = 1000
FIRST_MTIME = 1_500_000_000  # seconds; each section is a second younger than the one before
SYLLABLES = '合肥南通州庐阳蜀山包河长丰西巢湖海门启东如皋安崇川港闸滨江新城高桥林溪泉'
TITLES = ['指导思想', '总体要求', '工作目标', '党的建设', '思想政治教育', '学前教育', '义务教育均衡发展', '高中教育', '职业教育',
          '特殊教育', '德育工作', '体育与卫生', '教师队伍', '教育科研', '教育信息化', '校园安全', '控辍保学', '经费与装备', '督导评估',
          '语言文字', '民办教育', '依法治教', '宣传工作', '组织保障', '2.工作措施与时间安排']
ENCODINGS = ['utf-8-sig', 'gb18030']


class Section:
    """One file of the tree."""
    __slots__ = ('directory', 'name', 'data', 'mtime')

    def __init__(self, directory, name, data, mtime):
        self.directory = directory  # (year, district, plan)
        self.name = name
        self.data = data
        self.mtime = mtime  # seconds


def _decode(data):
    for encoding in ENCODINGS:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            pass
    return ''


def read_sentences(folder):
    """Every sentence of the documents, each once, in the order of the files' names."""
    found = {}
    for directory, directories, names in os.walk(folder):
        directories.sort()
        for name in sorted(names):
            if name.endswith('.txt'):
                with open(os.path.join(directory, name), 'rb') as f:
                    text = _decode(f.read())
                for sentence in re.findall(r'[^。！？；\r\n]+[。！？；]?', text):
                    if len(sentence.strip()) >= 6:
                        found[sentence.strip()] = True
    if len(found) < 20:
        raise Failed(f'{folder}: {len(found)} sentences in its *.txt files; at least 20 are needed')
    return [sentence for sentence in found if RARE not in sentence]


def _name_districts(count):
    """So many different names of districts, from a fixed list of syllables."""
    names = []
    for i in range(count):
        first, rest = i % len(SYLLABLES), i // len(SYLLABLES)
        second, third = (first + 1 + rest) % len(SYLLABLES), rest // len(SYLLABLES)
        name = SYLLABLES[first] + SYLLABLES[second] + (SYLLABLES[third % len(SYLLABLES)] if third else '')
        names.append(name + '区县市'[i % 3])
    return names


class Corpus:
    def __init__(self, sentences, count, seed=1, per_plan=12):
        self.count = count
        self.seed = seed
        self.per_plan = per_plan
        self._sentences = [sentence.encode() for sentence in sentences]
        plans = -(-count // per_plan)
        self._districts = _name_districts(-(-plans // (len(YEARS) * PLANS_PER_DISTRICT)))

    def _directory(self, plan):
        """Plans that follow each other stand in the same district, districts in the same year."""
        district, number = divmod(plan, PLANS_PER_DISTRICT)
        year, district = divmod(district, len(self._districts))
        name = self._districts[district]
        return YEARS[year], name, f'{YEARS[year]}年{name}教育局工作计划（{number + 1:02}）'

    def _text(self, rng, number):
        """At least SMALLEST and at most LARGEST bytes; no two sections begin alike."""
        size = rng.randint(SMALLEST, LARGEST)
        parts = [f'第{number}项　'.encode()]
        if number % RARE_EVERY == RARE_EVERY // 2:
            parts.append(RARE.encode() + b'\n')
        length = sum(map(len, parts))
        while length < size:
            part = self._sentences[int(rng.random() * len(self._sentences))]
            parts.append(part if rng.random() < 0.8 else part + b'\n\n')
            length += len(parts[-1])
        return b''.join(parts)[:size - 1].decode(errors='ignore').encode() + b'\n'

    def sections(self):
        """All sections, directory by directory."""
        rng = random.Random(self.seed)
        for number in range(self.count):
            plan, place = divmod(number, self.per_plan)
            title = TITLES[(place + plan) % len(TITLES)]
            yield Section(self._directory(plan), f'{place:02}-{title}.txt', self._text(rng, number),
                          FIRST_MTIME + number)

    def subset(self, count):
        """A corpus of its own, with other texts, for what is written during the measurement."""
        return Corpus([s.decode() for s in self._sentences], count, self.seed + 1, self.per_plan)

    def rare_sections(self):
        return len(range(RARE_EVERY // 2, self.count, RARE_EVERY))
