"""Public de-identified records of intensive care, as load and robustness data: MIMIC-IV and eICU."""
