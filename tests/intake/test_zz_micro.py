import asyncio, time, os, cProfile, pstats, subprocess, sys
from pathlib import Path
from unittest.mock import patch
import uvloop, pytest
from bench import mta, mails
from services.intake import doors
from services.intake.app import service
from services.intake.doors import Keeper, ReadingRoom
from services.intake.settings import IntakeSettings
from chassis.relay import Relay
from chassis.database import Database
import socket
from collections import Counter
pytest_plugins=()
N=int(os.environ.get('N','480'))
def pgcpu():
    t=0
    for p in Path('/proc').glob('[0-9]*'):
        try:
            c=(p/'cmdline').read_bytes()
            if b'postgres: intake ' in c:
                f=(p/'stat').read_text().rsplit(')',1)[1].split(); t+=int(f[11])+int(f[12])
        except OSError: pass
    return t*10
async def noop(self): await asyncio.sleep(3600)
async def test_micro(running_of, monkeypatch):
    monkeypatch.setattr(ReadingRoom,'run',noop)
    if os.environ.get('NORELAY'): monkeypatch.setattr(Relay,'run',noop)
    with socket.socket() as s:
        s.bind(("127.0.0.1",0)); port=s.getsockname()[1]
    intake=await running_of(service(IntakeSettings(service="intake",smtp_port=port)))
    here=mta.programs()
    sizes=Counter()
    orig=Keeper._keep
    times=[]
    async def keep(self,arr):
        sizes[len(arr)]+=1
        t=time.monotonic()
        try: return await orig(self,arr)
        finally: times.append((len(arr),time.monotonic()-t))
    monkeypatch.setattr(Keeper,'_keep',keep)
    async def go(n):
        p=await asyncio.create_subprocess_exec(here.program("smtp-source"),"-m",str(n),"-s","16","-l","2500","-f",mails.SENDER,"-t",mails.MAILBOX,f"127.0.0.1:{port}",env=here.environment())
        assert await p.wait()==0
    await go(64)
    for r in range(3):
        sizes.clear(); times.clear()
        pg=pgcpu(); c=time.process_time(); w=time.monotonic()
        if os.environ.get('PROF') and r==2:
            pr=cProfile.Profile(); pr.enable()
        await go(N)
        if os.environ.get('PROF') and r==2:
            pr.disable(); pstats.Stats(pr).sort_stats(os.environ['PROF']).print_stats(90)
        w=time.monotonic()-w
        print(f"\n{N/w:.0f}/s python {(time.process_time()-c)*1000/N:.2f} ms/mail  pg {(pgcpu()-pg)/N:.2f}  keep-wall {sum(t for _,t in times)/w:.2f}; tx wall {sum(t for _,t in times)/len(times)*1000:.1f}ms sizes {sorted(sizes.items())}", file=sys.stderr)
