"""The smart TCM pharmacy (智慧中药房): herbs, and the automatic review of prescriptions. See docs/systems/tcm_pharmacy.md.

``herbs`` says what a written name means and what the pharmacopoeia says of it; both packages are pure, so the stored
prescription, the review desk and the dispensing line can all ask them.
"""
