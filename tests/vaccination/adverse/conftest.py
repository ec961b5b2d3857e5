from tests.vaccination.records.conftest import clinic as clinic
