#!/usr/bin/env python3
"""Mixed load for a long time, and what the daemon holds meanwhile: memory, open files, threads, the log.

    soak.py MNT DB SECONDS    a line every minute, then one of figures; status 1 when something grows
"""
import json
import os
import random
import sqlite3
import statistics
import subprocess
import sys
import threading
import time

mnt, db, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
SETTLE = 0.2  # of the time: caches fill
GROWTH = 1.15  # from the first third after that to the last
PAUSE = 0.005  # between the steps of one worker: people, not a benchmark

stop, errors, counts = threading.Event(), [], {}
random.seed(7)


def worker(name, step):
    def run():
        number = 0
        while not stop.wait(PAUSE):
            number += 1
            try:
                step(number)
                counts[name] = counts.get(name, 0) + 1
            except Exception as e:  # pylint: disable=broad-except
                errors.append(f'{name}: {e}')
    return threading.Thread(target=run, name=name)


def section(number):
    return os.path.join(mnt, '2016', '合肥市', f'计划{number % 20}', f'{number % 12:02}-正文.txt')


def text(number):
    return f'{number} 控辍保学，一个都不能少。\n' * (20 + number % 60)


def save_in_place(number):
    with open(section(number), 'w', encoding='utf-8') as f:
        f.write(text(number))
        f.flush()
        os.fsync(f.fileno())


def save_by_rename(number):
    path = section(number * 7)
    with open(path + '.tmp', 'w', encoding='utf-8') as f:
        f.write(text(number))
    os.rename(path + '.tmp', path)


def make_and_remove(number):
    base = os.path.join(mnt, '附件', f'd{number % 50}')
    os.makedirs(base, exist_ok=True)
    for i in range(10):
        with open(os.path.join(base, f'{i}.txt'), 'w', encoding='utf-8') as f:
            f.write(text(i))
    for name in os.listdir(base):
        os.unlink(os.path.join(base, name))
    os.rmdir(base)


def read_all(_):
    subprocess.run(['grep', '-rcF', '控辍保学', mnt], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    stop.wait(1)


def change_by_sql(number):
    other = sqlite3.connect(db, timeout=20)
    other.execute("UPDATE section SET body = ? WHERE year = '2016' AND name = ?", (text(number), f'{number % 12:02}-正文.txt'))
    other.commit()
    other.close()
    stop.wait(0.5)


def hold_an_old_reader(_):
    other = sqlite3.connect(db)
    other.execute('BEGIN')
    other.execute('SELECT count(*) FROM dentry').fetchall()
    stop.wait(2)
    other.close()


def look():
    with open(os.path.join(mnt, '.planfs', 'status.json'), encoding='utf-8') as f:
        status = json.load(f)
    with open(f"/proc/{status['pid']}/status", encoding='ascii') as f:
        fields = dict(line.split(':', 1) for line in f)
    return {'rss_kb': int(fields['VmRSS'].split()[0]), 'threads': int(fields['Threads']),
            'files': len(os.listdir(f"/proc/{status['pid']}/fd")), 'wal_kb': status['wal_bytes'] // 1024}


def main():
    for number in range(240):
        os.makedirs(os.path.dirname(section(number)), exist_ok=True)
    workers = [worker('save in place', save_in_place), worker('save by rename', save_by_rename),
               worker('make and remove', make_and_remove), worker('grep', read_all), worker('SQL', change_by_sql),
               worker('an old reader', hold_an_old_reader)]
    for thread in workers:
        thread.start()
    began, samples, minute = time.monotonic(), [], 0
    while time.monotonic() - began < seconds:
        time.sleep(min(5, seconds / 30))
        samples.append(look())
        if time.monotonic() - began >= 60 * minute:
            print(f'{minute:3} min', samples[-1], flush=True)
            minute += 1
    stop.set()
    for thread in workers:
        thread.join(60)
    samples = samples[int(len(samples) * SETTLE):]
    third = max(1, len(samples) // 3)
    grown = []
    for key in samples[0]:
        first = statistics.median(s[key] for s in samples[:third])
        last = statistics.median(s[key] for s in samples[-third:])
        print(f"{key}: median {first:.0f} at the beginning, {last:.0f} at the end, at most {max(s[key] for s in samples)}")
        if last > first * GROWTH + 2:
            grown.append(key)
    print(f"{seconds / 60:.0f} minutes: {counts}; errors {len(errors)}; growing: {', '.join(grown) or 'nothing'}")
    print('\n'.join(errors[:10]))
    return 1 if grown or errors else 0


sys.exit(main())
