"""Open reading frames are counted as a person would count them."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from splicenet.model.frames import frame_reach, open_frames

STOPS = {"TAA", "TAG", "TGA"}


def one_hot(*sequences: str) -> torch.Tensor:
    codes = torch.tensor([["ACGTN".index(base) for base in one] for one in sequences])
    return F.one_hot(codes, 5)[..., :4].double()


def counted(sequence: str, codons: int) -> list[list[int]]:
    """Codon by codon, from every base to the left and to the right."""

    def is_open(codon: str) -> bool:
        return len(codon) == 3 and "N" not in codon and codon not in STOPS

    def run(begins: range) -> int:
        found = 0
        for begin in begins:
            if found == codons or begin < 0 or not is_open(sequence[begin : begin + 3]):
                break
            found += 1
        return found

    places = range(len(sequence))
    return [
        [run(range(at - 2, -3, -3)) for at in places],
        [run(range(at, len(sequence), 3)) for at in places],
    ]


@pytest.mark.parametrize("codons", [1, 2, 8, 32])
def test_counts_codon_by_codon(codons):
    torch.manual_seed(0)
    letters = torch.multinomial(torch.tensor([3.0, 3, 3, 2, 0.1]), 300, replacement=True)
    sequence = "".join("ACGTN"[code] for code in letters)
    found = open_frames(one_hot(sequence), codons)[0].T * codons
    expected = torch.tensor(counted(sequence, codons), dtype=torch.float64)
    assert expected.max() == codons
    assert expected.unique().numel() > min(codons, 5)
    torch.testing.assert_close(found, expected)


def test_stops_close_a_frame_and_no_other():
    before, after = (64 * open_frames(one_hot("ATGGCCTAAGCCGCC"), 64)[0].T).tolist()
    assert after[0] == 2  # ATG GCC, then TAA
    assert after[6] == 0  # TAA itself
    assert after[1] == 4  # TGG CCT AAG CCG
    assert before[14] == 2  # back to TAA
    assert before[8] == 0


def test_a_change_shows_no_farther_than_the_reach():
    torch.manual_seed(1)
    codes = torch.randint(0, 2, (1, 400)).repeat(2, 1)  # A and C: never a stop
    codes[1, 200] = 4
    bases = F.one_hot(codes, 5)[..., :4].float()
    first, second = open_frames(bases, 16)
    differs = (first != second).any(1).nonzero().flatten()
    assert differs.min() > 200 - frame_reach(16)
    assert differs.max() < 200 + frame_reach(16)
    assert differs.max() - differs.min() > frame_reach(16)
    assert frame_reach(0) == 0


def test_gradients_find_the_letter_that_would_close_a_frame():
    bases = one_hot("GCCGCCTAC" + "GCC" * 10).requires_grad_()
    open_frames(bases, 16)[0, 0, 1].backward()  # from the first base on
    slopes = bases.grad[0] - bases.grad[0].mean(1, keepdim=True)
    place, letter = divmod(int(slopes.argmin()), 4)
    assert (place, "ACGT"[letter]) in {(8, "A"), (8, "G")}  # TAA, TAG


def test_as_much_noise_as_copies_have_leaves_frames_open():
    """Of :func:`smoothgrad`, by default."""
    torch.manual_seed(2)
    letters = one_hot("GCC" * 200)
    clean = open_frames(letters, 128)[0, 250:350].mean()
    noisy = letters + 0.15 * torch.randn_like(letters)
    assert open_frames(noisy, 128)[0, 250:350].mean() > 0.3 * clean


def test_only_powers_of_two_are_counted():
    with pytest.raises(ValueError, match="power of two"):
        open_frames(one_hot("GCC"), 3)


def test_noise_stays_within_bounds_and_leaves_a_gradient():
    torch.manual_seed(2)
    letters = one_hot("GCCGCCTAC" * 100)
    noisy = (letters + 0.5 * torch.randn_like(letters)).requires_grad_()
    found = open_frames(noisy, 128)
    assert -1 <= found.min() < found.max() <= 2
    found.sum().backward()
    assert noisy.grad.isfinite().all()
    assert noisy.grad.any()


def test_the_way_between_sequences_has_a_gradient_all_along():
    """Sums of mixed letters may be a rounding above 1."""
    torch.manual_seed(3)
    start, end = (one_hot("GCC" * 20).float(), one_hot("TAC" * 20).float())
    for share in torch.linspace(0.1, 1, 50):
        bases = (start + share * (end - start)).requires_grad_()
        open_frames(bases, 16)[0, 0, 1].backward()
        slopes = bases.grad[0] - bases.grad[0].mean(1, keepdim=True)
        assert slopes.abs().max() > 1e-3


def test_short_sequences_have_no_codons():
    assert open_frames(one_hot("TA", "AC"), 128).eq(0).all()
