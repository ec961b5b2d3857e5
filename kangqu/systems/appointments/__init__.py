"""分时段预约诊疗 Appointments: clinics by the half hour, booked, waited for, come to, called and seen."""
