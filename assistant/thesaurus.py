"""Words of which users say one and papers on health services another: "surgeries" and practices, "cash" and funding.

Written for this project from the field's plain language, not drawn from any corpus. A word may stand in several
groups ("surgery" is an operation, "surgeries" are practices).
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

_GROUPS = """
surgeries, practices, GP practices, general practice, family doctors
surgery, operation, procedure, ops, theatre
cash, money, funds, funding, funded, finance, financial, investment, budget
fee, subscription, contribution, levy, charge, dues
buying, purchasing, procurement, purchase, bought, supplies
boss, chief executive, CEO, head, leader
back office, corporate services, support services, corporate
staff, workforce, employee, personnel, worker
backlog, waiting list, waits, queue, waiting
remote, virtual, online, digital, telemedicine, teledermatology
resident, population, inhabitant, people
scan, imaging, radiology, X-ray, diagnostics
lab, laboratory, laboratories, pathology
children, young people, kids, youngster, teenager, adolescent, paediatric
skin, dermatology, teledermatology
eye, ophthalmology, sight
bone, joint, hip, knee, orthopaedics, orthopaedic, musculoskeletal, MSK
ear nose and throat, ENT
women's, gynaecology
birth, maternity, midwifery, mother
heart, cardiology, cardiac
kidney, renal
bowel, gut, stomach, colorectal, endoscopy, gastroenterology
bladder, prostate, urology
teeth, dental, oral, dentistry
cancer, oncology, tumour
lung, respiratory, breathing
brain, neurology, stroke
blood, haematology
psychiatric, mental health, psychological
ward, inpatient, beds, hospitalisation, admission
joined, signed up, took part, participating, enrolled
founded, established, set up, formed, created, launched, began, started
saving, saved, efficiencies, cut costs
hurdle, obstacle, barrier, challenge, difficulty, difficulties, problem, snag, stumbling block
result, outcome, benefit, impact, effect, achievement, gain
lesson, advice, takeaway, tip, learning point, recommendation
aim, goal, objective, purpose, ambition, target
drug, medicine, medication, pharmacy
electronic patient record, EPR, computer system, IT system
charity, charities, voluntary, third sector, not-for-profit, non-profit, VCSE
private, independent sector, company, companies, commercial
agreement, contract, memorandum of understanding, pact, deal
decide, approve, agree, sign off, vote
hub, centre, site
merge, merger, amalgamate, unify, combine
pay, salary, salaries, wage
recruit, hire, appoint, take on
quit, leave, resign, retire, step down
learn, training, teach, education
pool, share, shared, joint
doctor, consultant, clinician, medic
emergency, A&E, urgent
poor, deprived, deprivation, disadvantaged, inequality, inequalities
council, local authority, local authorities
building, estate, premises
green, sustainability, carbon, net zero, environment, climate
patient voice, lived experience, service users, experts by experience
oversee, governance, accountable, answerable
guidance, guideline, protocol
yearly, annual, a year
turnover, income, revenue
every month, monthly
every week, weekly
biggest, largest
rota, on-call, cover
travel, journey, transport
equipment, kit, machine
therapy, treatment
far from home, out of area
relapse, readmission
"""


_LONGEST = 4


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.lower())


def _read(groups: str) -> dict[str, tuple[str, ...]]:
    others: dict[str, tuple[str, ...]] = {}
    for line in groups.strip().split("\n"):
        group = line.split(", ")
        for phrase in group:
            key = " ".join(_words(phrase))
            others[key] = (*others.get(key, ()), *(other for other in group if other != phrase))
    return others


OTHERS: Mapping[str, tuple[str, ...]] = _read(_GROUPS)


@lru_cache(maxsize=256)
def synonyms(text: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the words of a text, in small letters, that are also called something else, and what else."""
    words = _words(text)
    runs = [" ".join(words[at : at + length]) for length in range(1, _LONGEST + 1) for at in range(len(words))]
    found = ((run, OTHERS.get(run) or OTHERS.get(run.removesuffix("s"))) for run in dict.fromkeys(runs))
    return tuple((run, others) for run, others in found if others)


def with_plurals(phrases: Iterable[str]) -> tuple[str, ...]:
    """Return phrases, and the plural of those that have a plain one."""
    return tuple(form for phrase in phrases for form in (phrase, *((f"{phrase}s",) if phrase[-1] not in "sy" else ())))
