"""找号 Finding: by symptom, department, doctor, hospital, place, day and part of day; what is free next, what can be waited for."""
