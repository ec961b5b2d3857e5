"""The one list of what is installed. A new system is a new folder under ``kangqu/systems`` and one line here."""

SYSTEMS: tuple[str, ...] = (
    "kangqu.systems.sign_in",
    "kangqu.systems.administration",
    "kangqu.systems.citizen",
    "kangqu.systems.certificates",
    "kangqu.systems.casework",
    "kangqu.systems.one_code",
    "kangqu.systems.population",
    "kangqu.systems.venue_check",
    "kangqu.systems.tcm_pharmacy",
    "kangqu.systems.appointments",
    "kangqu.systems.vaccination",
)
