import itertools
import math
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carpilot.errors import InputError, UnknownNameError
from carpilot.vehicle.roads import (
    Avoid,
    Guidance,
    Manoeuvre,
    Map,
    Node,
    Position,
    Road,
    Route,
    Turn,
    begin,
    default_map,
    drive_on,
    fastest,
    load_map,
    plan,
    reroute,
)
from carpilot.vehicle.roads.guidance import turn_between
from carpilot.vehicle.roads.plan import RESERVE_PERCENT, used_percent

MAP = default_map()
NODES = sorted(MAP.nodes)
PLACES = sorted(MAP.places)


def roads() -> Iterator[Road]:
    for out in MAP.roads_from.values():
        yield from out


def shortest_s(start: str, end: str) -> float:
    """Bellman and Ford's algorithm: slow, and nothing like the one under test."""
    best = dict.fromkeys(NODES, math.inf)
    best[start] = 0.0
    for _ in NODES:
        for road in roads():
            best[road.end.id] = min(best[road.end.id], best[road.start.id] + road.duration_s)
    return best[end]


def test_the_map_has_the_size_and_the_places_a_tour_needs() -> None:
    pairs = {frozenset((road.start.id, road.end.id, road.name)) for road in roads()}
    assert len(MAP.nodes) >= 40
    assert len(pairs) >= 70
    for name in (
        "Home",
        "Work",
        "Old Town",
        "Airport",
        "Central Station",
        "Hospital",
        "Harbour",
        "Lakeside",
        "Ski Village",
    ):
        assert MAP.place(name).name == name
    assert len(MAP.chargers) >= 5
    assert any(road.is_tunnel for road in roads())


def test_every_road_is_one_that_a_car_can_drive() -> None:
    for road in roads():
        straight_m = math.hypot(road.end.x_m - road.start.x_m, road.end.y_m - road.start.y_m)
        assert road.length_m >= straight_m - 1e-6
        assert 30 <= road.limit_kph <= 130
        assert abs(road.slope) < 0.12  # the steepest public passes of the Alps stay near 12 %


def test_every_place_can_be_reached_from_every_other() -> None:
    for start, end in itertools.permutations(PLACES, 2):
        assert fastest(MAP, MAP.place(start).node, MAP.place(end).node) is not None


@pytest.mark.parametrize(
    ("said", "name"), [("work", "Work"), ("the train  station", "Central Station"), ("PORT", "Harbour")]
)
def test_given_a_place_said_in_other_words_when_looked_up_then_it_is_found(said: str, name: str) -> None:
    assert MAP.place(said).name == name


def test_given_an_unknown_place_when_looked_up_then_near_names_are_told() -> None:
    with pytest.raises(UnknownNameError, match=r"no place 'Airprt'; there is Airport"):
        MAP.place("Airprt")


@settings(deadline=None)
@given(st.sampled_from(NODES), st.sampled_from(NODES))
def test_given_any_two_nodes_when_routed_then_the_way_is_unbroken_and_no_other_is_faster(start: str, end: str) -> None:
    way = fastest(MAP, MAP.nodes[start], MAP.nodes[end])
    assert way is not None
    assert all(before.end == after.start for before, after in itertools.pairwise(way))
    if way:
        assert (way[0].start.id, way[-1].end.id) == (start, end)
    assert sum(road.duration_s for road in way) == pytest.approx(shortest_s(start, end))


@settings(deadline=None)
@given(
    st.sampled_from(PLACES),
    st.lists(st.sampled_from(PLACES), min_size=1, max_size=3),
    st.floats(0, 100),
    st.floats(-10, 30),
)
def test_given_any_trip_and_charge_when_planned_then_the_battery_is_never_empty_on_the_way(
    start: str, goals: list[str], charge: float, celsius: float
) -> None:
    try:
        route = plan(MAP, start, goals, charge, celsius)
    except InputError as error:
        assert "within reach" in str(error)
        return
    names = iter(stop.place.name for stop in route.stops)
    assert all(goal in names for goal in goals)  # each in its turn
    assert all(stop.is_charging or stop.place.name in goals for stop in route.stops)
    ends_m = list(itertools.accumulate((road.length_m for road in route.roads), initial=0.0))
    used = [used_percent(route.roads[:count]) for count in range(len(ends_m))]
    added, before = 0.0, charge
    for stop in route.stops:
        index = min(range(len(ends_m)), key=lambda each: abs(ends_m[each] - stop.at_m))
        assert ends_m[index] == pytest.approx(stop.at_m, abs=1e-3)
        before = charge + added - used[index]
        assert stop.arrival_percent == pytest.approx(before, abs=1e-6)
        assert before >= (0 if stop.is_charging else RESERVE_PERCENT) - 1e-6
        if stop.charge_to_percent is not None:
            assert stop.place.charger_kw > 0
            assert before - 1e-9 <= stop.charge_to_percent <= 100
            added += stop.charge_to_percent - before
    assert route.stops[-1].at_m == pytest.approx(route.length_m)


def test_given_enough_charge_when_planned_then_there_is_no_charging_stop() -> None:
    route = plan(MAP, "Home", ["Ski Village"], 71.0)
    assert [stop.place.name for stop in route.stops] == ["Ski Village"]
    assert route.charging_s == 0


def test_given_a_long_trip_when_planned_then_it_charges_on_the_way_no_more_than_it_needs() -> None:
    route = plan(MAP, "Home", ["Border Town"], 60.0)
    charging = [stop for stop in route.stops if stop.is_charging]
    assert charging
    assert all(stop.charge_to_percent is not None and stop.charge_to_percent <= 80.001 for stop in charging)
    assert RESERVE_PERCENT <= route.arrival_percent < 40
    assert 200_000 < route.length_m < 300_000
    assert route.duration_s == pytest.approx(route.driving_s + sum(stop.charge_s for stop in charging))


def test_given_a_nearly_empty_battery_when_planned_then_the_nearest_charger_comes_first_or_there_is_no_way() -> None:
    assert plan(MAP, "Home", ["Airport"], 6.0).stops[0].is_charging
    with pytest.raises(InputError, match="no charger is within reach"):
        plan(MAP, "Lakeside", ["Airport"], 0.1)


def test_given_frost_when_planned_then_charging_takes_longer() -> None:
    warm, cold = (plan(MAP, "Home", ["Border Town"], 60.0, celsius) for celsius in (25.0, -10.0))
    assert cold.charging_s > 1.3 * warm.charging_s


def test_given_the_way_up_and_down_when_compared_then_climbing_costs_more() -> None:
    up, down = plan(MAP, "Mill Village", ["Ski Village"]), plan(MAP, "Ski Village", ["Mill Village"])
    assert up.length_m == pytest.approx(down.length_m)
    height_m = MAP.place("Ski Village").node.height_m - MAP.place("Mill Village").node.height_m
    difference_kwh = (down.arrival_percent - up.arrival_percent) * 0.6
    # Twice m g h would be the difference without losses, 9 % of them each way
    assert difference_kwh == pytest.approx(2 * 1900 * 9.81 * height_m / 3.6e6, rel=0.12)


@pytest.mark.parametrize(
    ("avoid", "is_free"),
    [
        (Avoid(motorways=True), lambda road: road.kind != "motorway"),
        (Avoid(tunnels=True), lambda road: not road.is_tunnel),
        (Avoid(names=frozenset({"West Motorway"})), lambda road: road.name != "West Motorway"),
    ],
)
def test_given_something_to_avoid_when_planned_then_it_is_avoided_and_takes_longer(
    avoid: Avoid, is_free: object
) -> None:
    usual, other = plan(MAP, "Home", ["Ski Village"]), plan(MAP, "Home", ["Ski Village"], avoid=avoid)
    assert callable(is_free)
    assert not all(is_free(road) for road in usual.roads)
    assert all(is_free(road) for road in other.roads)
    assert other.driving_s > usual.driving_s


def test_given_everything_closed_when_planned_then_the_reason_is_told() -> None:
    closed = Avoid(names=frozenset({"Coast Road"}))
    with pytest.raises(InputError, match=r"Coast Town .* no road leads there"):
        plan(MAP, "Home", ["Coast Town"], 100.0, avoid=closed)
    with pytest.raises(InputError, match="at least one destination"):
        plan(MAP, "Home", [])


def straight(degrees: float, name: str = "a") -> Road:
    start, end = Node("s", 0, 0, 0), Node("e", math.sin(math.radians(degrees)), math.cos(math.radians(degrees)), 0)
    return Road(start, end, name, 1.0, 50.0)


@pytest.mark.parametrize("heading", [0, 90, 179, 270, 359])
@pytest.mark.parametrize(
    ("bend", "turn"),
    [
        (0, Turn.STRAIGHT),
        (29, Turn.STRAIGHT),
        (31, Turn.RIGHT),
        (-31, Turn.LEFT),
        (90, Turn.RIGHT),
        (-149, Turn.LEFT),
        (180, Turn.U_TURN),
    ],
)
def test_given_two_roads_when_compared_then_the_turn_is_that_of_the_compass(
    heading: int, bend: int, turn: Turn
) -> None:
    assert turn_between(straight(heading), straight(heading + bend)) is turn


def test_given_a_route_when_driven_then_manoeuvres_come_in_order_and_the_last_is_the_arrival() -> None:
    guidance = begin(plan(MAP, "Home", ["Work"], 71.0))
    seen: list[Manoeuvre] = []
    while not guidance.has_arrived:
        ahead = guidance.next_manoeuvre
        assert ahead is not None
        manoeuvre, distance_m = ahead
        assert distance_m == pytest.approx(manoeuvre.at_m - guidance.driven_m)
        if not seen or seen[-1] != manoeuvre:
            seen.append(manoeuvre)
        guidance = guidance.advance(25.0)
    assert tuple(seen) == guidance.manoeuvres
    assert (seen[-1].turn, seen[-1].onto) == (Turn.ARRIVE, "Work")
    assert guidance.next_manoeuvre is None
    assert {Turn.LEFT, Turn.RIGHT} <= {manoeuvre.turn for manoeuvre in seen}


def trip(charge: float = 60.0) -> Guidance:
    return begin(plan(MAP, "Home", ["Border Town"], charge))


@settings(deadline=None)
@given(st.lists(st.floats(0, 40_000), max_size=30))
def test_given_any_driving_when_advanced_then_distance_and_time_only_fall_and_end_at_nothing(
    steps: list[float],
) -> None:
    guidance = trip()
    whole_m, driven_m = guidance.distance_remaining_m, 0.0
    assert guidance.time_remaining_s == pytest.approx(guidance.route.duration_s)
    for step in steps:
        after = guidance.advance(step)
        driven_m = min(whole_m, driven_m + step)
        assert after.distance_remaining_m == pytest.approx(whole_m - driven_m, abs=1e-3)
        assert after.time_remaining_s <= guidance.time_remaining_s + 1e-6
        position = after.position
        assert position is not None
        assert 0 <= position.offset_m <= position.road.length_m
        guidance = after
    arrived = guidance.advance(1e9)
    assert arrived.has_arrived
    assert arrived.time_remaining_s == pytest.approx(0.0)
    assert arrived.stops_left == ()
    assert arrived.position is not None
    assert arrived.position.road.end == MAP.place("Border Town").node


def test_given_a_charging_stop_when_it_lies_behind_then_its_time_is_no_longer_counted() -> None:
    guidance = trip()
    stop = guidance.route.stops[0]
    before, after = guidance.advance(stop.at_m - 1), guidance.advance(stop.at_m + 1)
    assert (before.stops_left[0], after.stops_left[0]) == (stop, guidance.route.stops[1])
    assert before.time_remaining_s - after.time_remaining_s > stop.charge_s


def test_given_a_wrong_charge_on_the_way_when_rerouted_then_charging_comes_in_and_the_car_drives_on_from_where_it_is() -> (
    None
):
    guidance = begin(plan(MAP, "Home", ["Lakeside", "North Town"], 90.0)).advance(3_000)
    position = guidance.position
    assert position is not None
    again = reroute(MAP, guidance, 25.0)
    assert again.position == position
    assert any(stop.is_charging for stop in again.route.stops)
    assert [stop.place.name for stop in again.route.stops if not stop.is_charging] == ["Lakeside", "North Town"]
    assert all(before.end == after.start for before, after in itertools.pairwise(again.route.roads))


def test_given_a_road_closed_ahead_when_rerouted_then_another_way_is_found() -> None:
    guidance = begin(plan(MAP, "Home", ["Airport"], 71.0)).advance(100)
    closed = guidance.route.roads[-2].name
    again = reroute(MAP, guidance, 71.0, avoid=Avoid(names=frozenset({closed})))
    assert closed not in {road.name for road in again.route.roads[1:-1]}
    assert again.route.destination.name == "Airport"


def test_given_another_destination_when_rerouted_then_it_goes_there() -> None:
    again = reroute(MAP, trip().advance(2_000), 60.0, destinations=["Hospital"])
    assert again.route.destination.name == "Hospital"
    assert again.distance_remaining_m == pytest.approx(again.route.length_m)


def test_given_the_destination_is_here_when_planned_then_one_has_arrived() -> None:
    guidance = begin(plan(MAP, "Work", ["Work"], 50.0))
    assert guidance.has_arrived
    assert (guidance.position, guidance.time_remaining_s, guidance.advance(10)) == (None, 0.0, guidance)
    assert begin(plan(MAP, "Home", ["Work"], 50.0)).advance(-5).driven_m == 0


def test_given_half_a_road_behind_when_planned_then_only_the_rest_counts() -> None:
    road = MAP.roads_from["home"][0]
    whole = plan(MAP, Position(road, 1e-9), ["Airport"], 50.0)
    rest = plan(MAP, Position(road, road.length_m / 2), ["Airport"], 50.0)
    assert whole.length_m - rest.length_m == pytest.approx(road.length_m / 2)
    assert whole.duration_s - rest.duration_s == pytest.approx(road.duration_s / 2)
    assert rest.arrival_percent > whole.arrival_percent


@settings(deadline=None)
@given(st.sampled_from(PLACES), st.lists(st.floats(0, 3_000), max_size=20))
def test_given_no_route_when_driven_on_then_the_car_stays_on_roads(start: str, steps: list[float]) -> None:
    position = MAP.start_at(start)
    for step in steps:
        after = drive_on(MAP, position, step)
        assert 0 <= after.offset_m < after.road.length_m
        assert after.road in MAP.roads_from[after.road.start.id]
        position = after


def test_given_a_crossing_when_driven_on_then_the_straightest_road_is_taken_not_the_way_back() -> None:
    onto = next(road for road in MAP.roads_from["midway_charge"] if road.end.id == "coast_junction")
    after = drive_on(MAP, Position(onto, onto.length_m - 10), 20)
    assert after.road.end.id != "midway_charge"
    assert after.offset_m == pytest.approx(10)


def test_given_half_way_when_asked_for_the_position_then_it_lies_between_the_ends() -> None:
    road = Road(Node("a", 0, 0, 0), Node("b", 100, 200, 0), "x", 250.0, 50.0)
    assert Position(road, 125.0).xy_m == (50.0, 100.0)
    assert Position(road, 999.0).xy_m == (100.0, 200.0)


GOOD = "name: X\nnodes: {a: [0, 0, 0], b: [100, 0, 5]}\nplaces: {Home: {node: a, kind: home}}\nroads:\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nodes: {}\n", "is no map"),
        ("- 1\n", "is no map"),
        (GOOD + "  - {from: a, to: c, name: R, kph: 50}\n", "is no map"),
        (GOOD + "  - {from: a, to: a, name: R, kph: 50}\n", "no length"),
        (GOOD + "  - {from: a, to: b, name: R, kph: 0}\n", "no speed limit"),
        (GOOD + "  - {from: a, to: b, name: R, kph: 50, one_way: true}\n", "no road leaves b"),
        (GOOD.replace("[0, 0, 0]", "[0, 0]") + "  - {from: a, to: b, name: R, kph: 50}\n", "is no map"),
        (GOOD.replace("node: a", "node: z") + "  - {from: a, to: b, name: R, kph: 50}\n", "is no map"),
    ],
)
def test_given_a_map_that_does_not_hold_together_when_loaded_then_one_line_says_so(
    tmp_path: Path, text: str, said: str
) -> None:
    path = tmp_path / "map.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=said) as caught:
        load_map(path)
    assert len(str(caught.value).splitlines()) == 1


def test_given_a_small_map_when_loaded_then_it_is_what_the_file_says(tmp_path: Path) -> None:
    path = tmp_path / "map.yaml"
    path.write_text(GOOD + "  - {from: a, to: b, name: R, kph: 50, curves: 1.5, tunnel: true}\n", encoding="utf-8")
    small: Map = load_map(path)
    there, back = small.roads_from["a"][0], small.roads_from["b"][0]
    assert (there.length_m, there.slope, there.is_tunnel, there.bearing_degrees) == (150.0, 5 / 150, True, 90.0)
    assert (back.slope, back.bearing_degrees) == (-5 / 150, 270.0)


def test_the_same_question_gets_the_same_route() -> None:
    first: Route = plan(MAP, "Home", ["Harbour", "North Town"], 33.0)
    assert first == plan(MAP, "Home", ["Harbour", "North Town"], 33.0)


@pytest.mark.parametrize("goal", ["Border Town", "Ski Village", "Thermal Bath", "Coast Town", "North Town"])
def test_given_a_destination_without_chargers_when_reached_then_the_next_charger_can_be_reached_too(goal: str) -> None:
    for charge in (20.0, 35.0, 50.0, 65.0):
        left = plan(MAP, "Home", [goal], charge).arrival_percent
        ways = [fastest(MAP, MAP.place(goal).node, charger.node) for charger in MAP.chargers]
        assert left > min(used_percent(way) for way in ways if way is not None)


def test_given_a_motorway_that_goes_straight_on_when_driven_then_it_is_told_once() -> None:
    told = [each.onto for each in begin(plan(MAP, "Airport", ["Coast Town"], 100.0)).manoeuvres]
    assert told.count("East Motorway") == 1
    assert told[-2:] == ["Coast Road", "Coast Town"]


def test_a_stop_at_a_charger_is_used_for_charging_where_the_way_on_needs_it() -> None:
    route = plan(MAP, "Home", ["Charging Park Border", "Border Town"], 71.0)
    assert [stop.place.name for stop in route.stops] == ["Charging Park Border", "Border Town"]
    assert route.stops[0].is_charging and route.stops[0].charge_s > 0
    assert route.arrival_percent >= 10.0
