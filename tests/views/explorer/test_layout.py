"""Where things are drawn."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.views.explorer.grid import HEIGHT, WIDTH
from clew.views.explorer.layered_layout import arrange

SIZES = st.integers(1, 40)


@st.composite
def graphs(draw):
    size = draw(SIZES)
    ends = st.integers(0, size - 1)
    return list(range(size)), draw(st.lists(st.tuples(ends, ends, st.booleans()), max_size=3 * size))


@given(graphs())
def test_everything_has_a_place_and_no_two_overlap(graph):
    ids, links = graph
    places = arrange(ids, links)
    assert sorted(places) == ids
    for (x1, y1), (x2, y2) in combinations(places.values(), 2):
        assert abs(x1 - x2) >= WIDTH - 0.01 or abs(y1 - y2) >= HEIGHT - 0.01


@given(graphs())
def test_the_same_graph_always_gives_the_same_places(graph):
    ids, links = graph
    assert arrange(ids, links) == arrange(list(ids), reversed(links))


@given(graphs())
def test_the_start_stands_first_in_its_own_part(graph):
    ids, links = graph
    places = arrange(ids, links)
    assert places[0][0] == 0


def test_what_is_further_from_the_start_stands_further_to_the_right():
    places = arrange([0, 1, 2, 3], [(0, 1, False), (2, 1, False), (2, 3, False)])
    assert places[0][0] < places[1][0] < places[2][0] < places[3][0]


def test_a_crowd_is_drawn_in_the_shape_of_a_screen_and_not_as_one_column():
    places = arrange(range(201), [(0, other, False) for other in range(1, 201)])
    across = max(x for x, _ in places.values())
    down = max(y for _, y in places.values()) - min(y for _, y in places.values())
    assert 0.7 < across / down < 2


def test_what_hangs_together_with_nothing_stands_below_in_rows():
    places = arrange(range(12), [(0, 1, False)])
    below = [places[one] for one in range(2, 12)]
    assert min(y for _, y in below) > max(places[0][1], places[1][1])
    assert len({x for x, _ in below}) > 1


SPOTS = st.dictionaries(st.integers(0, 39), st.tuples(st.integers(-9, 9), st.integers(-9, 9)), max_size=6)


@given(graphs(), SPOTS)
def test_what_was_put_somewhere_stands_there_and_nothing_else_overlaps_anything(graph, put):
    ids, links = graph
    spots = {one: (x * WIDTH / 2, y * HEIGHT / 2) for one, (x, y) in put.items()}
    places = arrange(ids, links, spots)
    assert sorted(places) == ids
    given_ones = spots.keys() & set(ids)
    assert {one: places[one] for one in given_ones} == {one: spots[one] for one in given_ones}
    for one, other in combinations(ids, 2):
        if not {one, other} <= given_ones:
            (x1, y1), (x2, y2) = places[one], places[other]
            assert abs(x1 - x2) >= WIDTH - 0.02 or abs(y1 - y2) >= HEIGHT - 0.02


@given(graphs(), SPOTS)
def test_the_same_spots_always_give_the_same_places(graph, put):
    ids, links = graph
    spots = {one: (float(x), float(y)) for one, (x, y) in put.items()}
    backwards = dict(reversed(spots.items()))
    assert arrange(ids, links, spots) == arrange(list(ids), reversed(links), backwards)


@given(graphs())
def test_what_is_put_where_it_stands_anyway_changes_nothing(graph):
    ids, links = graph
    places = arrange(ids, links)
    assert arrange(ids, links, {0: places[0]}) == places


def test_who_stands_where_something_is_put_gives_way_to_the_next_free_cell_and_nobody_else_moves():
    links = [(0, 1, False), (1, 2, False), (2, 3, False), (3, 4, False)]
    before = arrange(range(5), links)
    after = arrange(range(5), links, {0: before[3]})
    assert after[0] == before[3]
    assert after[3] == (before[3][0], before[3][1] - HEIGHT)
    assert {one: after[one] for one in (1, 2, 4)} == {one: before[one] for one in (1, 2, 4)}


def test_what_hangs_on_a_node_alone_goes_along_with_it():
    links = [(0, 1, False), (1, 2, False), (1, 3, False), (0, 4, False)]
    before, moved = arrange(range(5), links), {1: (900.0, 700.0)}
    after = arrange(range(5), links, moved)
    shift = after[1][0] - before[1][0], after[1][1] - before[1][1]
    for one in (2, 3):
        assert (after[one][0] - before[one][0], after[one][1] - before[one][1]) == pytest.approx(shift)
    assert (after[0], after[4]) == (before[0], before[4])
