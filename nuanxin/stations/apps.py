"""The application «驿站»."""

from django.apps import AppConfig

KEEPER_SEALED = (("keeper_name", "name_sealed"), ("keeper_phone", "phone_sealed"))
"""Name that the envelope is bound to, column: sealed anew when the data key changes."""


class StationsConfig(AppConfig):
    name = "nuanxin.stations"
    label = "stations"
    verbose_name = "驿站"

    def ready(self) -> None:
        """Let the sealed columns follow a change of the data key."""
        from nuanxin.membership import states as membership
        from nuanxin.people import states as people
        from nuanxin.stations.actions.joining_through import count_applied
        from nuanxin.stations.actions.serving import SEALED, erase_bookings
        from nuanxin.stations.queries.own_bookings import MY_BOOKINGS

        for column, sealed in KEEPER_SEALED:
            people.register_sealed_column(
                people.SealedColumn("stations_stationkeeper", column, sealed, "bound_to")
            )
        people.register_sealed_column(
            people.SealedColumn(
                "stations_selectionobjection", "selection_objection", "text_sealed", "bound_to"
            )
        )
        people.register_sealed_column(
            people.SealedColumn("stations_doordevice", "station_door", "key_sealed", "bound_to")
        )
        people.register_worker_link("stations_servicebooking")
        people.register_sealed_column(
            people.SealedColumn("stations_servicebooking", SEALED, "note_sealed", "bound_to")
        )
        people.register_eraser(erase_bookings)
        people.register_my_data_section(MY_BOOKINGS)
        membership.register_after_applying(count_applied)
