"""Small files in the datasets' formats, with invented rows."""

# ruff: noqa: E501  # rows as the files have them

import gzip
from pathlib import Path

import pytest

MIMIC = {
    "icu/d_items": "itemid,label\n1,Norepinephrine\n2,Dextrose 5%\n3,PO Intake\n4,Packed Red Blood Cells\n",
    "icu/inputevents": (
        "subject_id,hadm_id,stay_id,caregiver_id,starttime,endtime,itemid,amount,amountuom,linkorderid,"
        "ordercategoryname,ordercategorydescription,ordercomponenttypedescription,statusdescription\n"
        "7,70,700,1,2130-01-01 10:00:00,2130-01-01 11:00:00,1,2.5,mg,50,01-Drips,Continuous Med,Main order parameter,ChangeDose/Rate\n"
        "7,70,700,1,2130-01-01 11:00:00,2130-01-01 12:00:00,1,1.5,mg,50,01-Drips,Continuous Med,Main order parameter,FinishedRunning\n"
        "7,70,700,1,2130-01-01 10:00:00,2130-01-01 12:00:00,2,100,ml,50,01-Drips,Continuous Med,Mixed solution,FinishedRunning\n"
        "7,70,700,1,2130-01-01 13:00:00,2130-01-01 13:01:00,3,200,ml,51,14-Oral/Gastric Intake,Bolus,Main order parameter,FinishedRunning\n"
        "7,70,700,1,2130-01-01 14:00:00,2130-01-01 13:01:00,4,300,ml,52,07-Blood Products,Continuous IV,Main order parameter,Stopped\n"
    ),
    "hosp/admissions": "hadm_id,admittime\n70,2130-01-01 08:00:00\n",
    "hosp/pharmacy": "pharmacy_id,route,proc_type\n900,IV,IV Piggyback\n901,PO,Unit Dose\n",
    "hosp/emar_detail": "emar_id,dose_given,dose_given_unit,route\n7-1,1000,mg,\n7-3,___,mg,\n",
    "hosp/emar": (
        "subject_id,hadm_id,emar_id,emar_seq,poe_id,pharmacy_id,charttime,medication,event_txt\n"
        "7,70,7-1,1,p,900,2130-01-02 10:00:00,Vancomycin,Started\n"
        "7,70,7-2,2,p,900,2130-01-02 11:10:00,Vancomycin,Stopped\n"
        "7,70,7-3,3,q,901,2130-01-02 12:00:00,Senna,Not Given\n"
        "7,,7-4,4,,,2130-01-02 12:30:00,Sodium Chloride 0.9%  Flush,Flushed\n"
        "7,70,7-5,5,q,901,2130-01-02 12:00:00,Senna,Assessed\n"
        "7,70,7-6,6,q,901,2130-01-02 12:00:00,,Administered\n"
    ),
}
EICU = {
    "patient": "patientunitstayid,uniquepid,unitadmittime24,hospitaldischargeyear\n1,002-1,13:14:00,2015\n2,002-2,13:14:00,2015\n",
    "infusiondrug": (
        "infusiondrugid,patientunitstayid,infusionoffset,drugname,drugrate\n"
        "11,1,0,Norepinephrine (mcg/min),5\n12,1,60,Norepinephrine (mcg/min),8\n13,1,100,Norepinephrine (mcg/min),0\n"
        "14,1,900,Norepinephrine (mcg/min),4\n15,1,10,Propofol (),0\n16,1,x,Propofol (),3\n"
    ),
    "medication": (
        "medicationid,patientunitstayid,drugivadmixture,drugordercancelled,drugname,dosage,routeadmin,drugstartoffset,drugstopoffset\n"
        "21,1,Yes,No,CEFAZOLIN 1 GM,1 g,IVPB,30,90\n22,1,No,Yes,ASPIRIN,81 mg,PO,30,90\n23,1,No,No,,5 mg,IV,30,90\n"
    ),
}


def _write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / f"{name}.csv.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(text.encode()))
    return folder


@pytest.fixture
def mimic(tmp_path: Path) -> Path:
    """A folder in the shape of the MIMIC-IV demo."""
    return _write(tmp_path, MIMIC)


@pytest.fixture
def eicu_folder(tmp_path: Path) -> Path:
    """A folder in the shape of the eICU demo."""
    return _write(tmp_path, EICU)
