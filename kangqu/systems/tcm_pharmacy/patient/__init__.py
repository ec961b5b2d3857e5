"""Her own prescription, as the patient and her family follow it on the phone."""
